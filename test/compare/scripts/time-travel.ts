import { MemorySaver } from "@langchain/langgraph";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { markersIn } from "../observe.ts";
import { answered, inWorld } from "../world.ts";

export const fork: Script = {
  title: "Time travel",
  what: "30 messages are said turn by turn and folded on the way; the user goes back to the checkpoint after the tenth message and says something else there.",
  figures: [
    { name: "messages of the fork's past that the model knows of (of 10)", better: "more" },
    { name: "messages after the fork that the model knows of (0 is right)", better: "less" },
    { name: "messages the model knows of in the first branch (of 30)", better: "more" },
  ],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const agent = world.agent({ trigger: { messages: 12 }, keep: { messages: 4 } });
      for (let from = 0; from < 30; from += 5)
        await answered(agent.invoke({ messages: chat(5, { from, name: "chat" }) }, thread()));
      const first = markersIn(world.main.at(-1));
      for await (const snapshot of agent.graph.getStateHistory(thread())) {
        const said = (snapshot.values.messages ?? []).filter((message) => message.text.startsWith("MARK-"));
        const isDone = snapshot.next.length === 0;
        if (!isDone || said.length !== 10) continue;
        const config = { ...snapshot.config, recursionLimit: 100 };
        await answered(agent.invoke({ messages: [human("Something else?")] }, config));
        const known = markersIn(world.main.at(-1));
        return {
          "messages of the fork's past that the model knows of (of 10)": Math.min(10, known),
          "messages after the fork that the model knows of (0 is right)": Math.max(0, known - 10),
          "messages the model knows of in the first branch (of 30)": first,
        };
      }
      throw new Error("No checkpoint with ten messages");
    }),
};

export const newProcess: Script = {
  title: "A new process",
  what: "40 messages are folded; then a new agent over the same checkpointer (as after a restart) takes the next three turns.",
  figures: [
    { name: "summarising calls of the new process", better: "less" },
    { name: "messages the model knows of (of 40)", better: "more" },
    { name: "messages in its last request", better: "less", floor: 1 },
  ],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const checkpointer = new MemorySaver();
      const before = world.agent({ checkpointer });
      await answered(before.invoke({ messages: [...chat(40), human("And now?")] }, thread()));
      const paid = world.summary.length;
      const after = world.agent({ checkpointer });
      for (let at = 0; at < 3; at++)
        await answered(after.invoke({ messages: [human("And then?")] }, thread()));
      return {
        "summarising calls of the new process": world.summary.length - paid,
        "messages the model knows of (of 40)": markersIn(world.main.at(-1)),
        "messages in its last request": world.main.at(-1)?.messages.length ?? 0,
      };
    }),
};
