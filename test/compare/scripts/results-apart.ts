import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { markersIn } from "../observe.ts";
import { marker } from "../summarizer-script.ts";
import { inWorld, turn } from "../world.ts";

const CUTS = 10;

export const resultsApart: Script = {
  title: "Results of parallel calls apart",
  what: "A round of two calls whose results have a user message between them, in a chat of 27 messages (26 with a marker); folded at every cut around it (1 to 10 messages stay). The provider refuses a request whose calls and results do not fit.",
  figures: [
    { name: "turns refused by the provider (of 10)", better: "less" },
    { name: "messages the model knows of, mean (of 26)", better: "more", digits: 1 },
  ],
  play: async (contestant) => {
    let refused = 0;
    let known = 0;
    for (let messages = 1; messages <= CUTS; messages++) {
      await inWorld(contestant, {}, async (world) => {
        const calls = ["a", "b"].map((id) => ({ name: "look_up", args: {}, id }));
        const result = (id: string, at: number): ToolMessage =>
          new ToolMessage({ content: marker("chat", 100 + at), tool_call_id: id, name: "look_up" });
        const round = [
          new AIMessage({ content: marker("chat", 100), tool_calls: calls }),
          result("a", 1),
          human(marker("chat", 102)),
          result("b", 3),
          new AIMessage(marker("chat", 104)),
        ];
        const all = [...chat(20), human("Look it up."), ...round, human(marker("chat", 105))];
        const agent = world.agent({ keep: { messages } });
        const ended = await turn(agent.invoke({ messages: all }, thread()));
        if (ended.kind !== "answered") refused++;
        else known += markersIn(world.main.at(-1));
      });
    }
    return {
      "turns refused by the provider (of 10)": refused,
      "messages the model knows of, mean (of 26)": known / CUTS,
    };
  },
};
