import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { answered, inWorld } from "../world.ts";

const TURNS = 30;

export const promptCache: Script = {
  title: "The provider's prompt cache",
  what: "30 turns of two messages, trigger 20, 6 stay. A request can use the cache if it begins with the whole request before it.",
  figures: [
    { name: "requests that begin with the one before (of 29)", better: "more" },
    { name: "summarising calls", better: "less" },
    { name: "largest request, in messages", better: "neither" },
  ],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const agent = world.agent();
      for (let at = 0; at < TURNS; at++) {
        const [said] = chat(1, { from: 2 * at });
        await answered(agent.invoke({ messages: [said ?? human("Hello")] }, thread()));
      }
      const texts = world.main.map((request) => request.messages.map((message) => JSON.stringify(message)));
      const begins = texts.filter((text, at) => {
        const before = texts[at - 1];
        return before?.every((message, index) => text[index] === message) === true;
      });
      return {
        "requests that begin with the one before (of 29)": begins.length,
        "summarising calls": world.summary.length,
        "largest request, in messages": Math.max(...texts.map((text) => text.length)),
      };
    }),
};
