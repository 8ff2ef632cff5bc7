import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { markersInAny } from "../observe.ts";
import { marker } from "../summarizer-script.ts";
import { answered, inWorld } from "../world.ts";

const IMAGES = 5;
const ROUNDS = 10;

export const images: Script = {
  title: "Images in the chat",
  what: "Five user messages with an image of 60,000 base64 characters each are folded.",
  figures: [
    { name: "base64 characters that the summarizer is sent", better: "less" },
    { name: "texts beside the images that reach it (of 5)", better: "more" },
  ],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const data = "QUJD".repeat(15_000);
      const said = Array.from({ length: IMAGES }, (_, at) => [
        new HumanMessage({
          content: [
            { type: "text", text: marker("image", at) },
            { type: "image_url", image_url: { url: `data:image/png;base64,${data}` } },
          ],
        }),
        new AIMessage("I see."),
      ]).flat();
      const messages = [...said, ...chat(20), human("And now?")];
      await answered(world.agent().invoke({ messages }, thread()));
      const asked = world.server.calls.filter(({ body }) => contestant.isSummaryRequest(body));
      return {
        "base64 characters that the summarizer is sent": asked.reduce(
          (sum, call) => sum + (call.raw.match(/(?:QUJD)+/g) ?? []).join("").length,
          0,
        ),
        "texts beside the images that reach it (of 5)": markersInAny(world.summary, "image"),
      };
    }),
};

export const toolCallsAreRead: Script = {
  title: "Tool calls and results in what is summarised",
  what: "Ten tool rounds are folded: the arguments of each call and its result hold a fact.",
  figures: [
    { name: "facts of arguments that reach the summarizer (of 10)", better: "more" },
    { name: "facts of results that reach the summarizer (of 10)", better: "more" },
    { name: "tool names that reach the summarizer (of 10)", better: "more" },
  ],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const rounds = Array.from({ length: ROUNDS }, (_, at) => {
        const call = { name: `tool_${at}`, args: { fact: marker("args", at) }, id: `c${at}` };
        return [
          new AIMessage({ content: "", tool_calls: [call] }),
          new ToolMessage({ content: marker("result", at), tool_call_id: call.id, name: call.name }),
        ];
      }).flat();
      const messages = [
        human("Look it all up."),
        ...rounds,
        new AIMessage("Done."),
        ...chat(8),
        human("Now?"),
      ];
      await answered(world.agent().invoke({ messages }, thread()));
      const prompt = world.summary
        .flatMap((one) => one.messages.map((message) => message.content))
        .join("\n");
      return {
        "facts of arguments that reach the summarizer (of 10)": markersInAny(world.summary, "args"),
        "facts of results that reach the summarizer (of 10)": markersInAny(world.summary, "result"),
        "tool names that reach the summarizer (of 10)": Array.from(
          { length: ROUNDS },
          (_, at) => `tool_${at}`,
        ).filter((name) => prompt.includes(name)).length,
      };
    }),
};
