import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { SUMMARY_WORD } from "../summarizer-script.ts";
import { inWorld } from "../world.ts";

const ANSWER = "All is well, and the parcel comes on Monday.";

export const streamLeak: Script = {
  title: "Streaming",
  what: 'The folding turn is streamed with streamMode "messages", as a user interface does.',
  figures: [
    { name: "the answer is streamed whole", better: "yes" },
    { name: "pieces of the answer", better: "neither" },
    { name: "characters of the summary in the stream", better: "less" },
  ],
  play: (contestant) =>
    inWorld(contestant, { main: () => ANSWER }, async (world) => {
      const input = { messages: [...chat(40), human("And now?")] };
      const stream = await world.agent().stream(input, { ...thread(), streamMode: "messages" });
      const pieces: string[] = [];
      for await (const [message] of stream) {
        if (message.type === "ai" && message.text !== "" && !message.text.startsWith("MARK-"))
          pieces.push(message.text);
      }
      const text = pieces.join("");
      const start = text.indexOf(SUMMARY_WORD);
      return {
        "the answer is streamed whole": text.includes(ANSWER),
        "pieces of the answer": pieces.length,
        "characters of the summary in the stream":
          start < 0 ? 0 : text.replace(ANSWER, "").slice(start).length,
      };
    }),
};
