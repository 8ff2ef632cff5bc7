import { chat, filler, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { answered, charactersOf, inWorld } from "../world.ts";

const TURNS = 8;
/** Of a message: six of them are 30,000 tokens. */
const CHARACTERS = 20_000;

export const tailOverTrigger: Script = {
  title: "The kept tail is larger than the trigger",
  what: "Trigger 20,000 tokens, and the 6 messages that stay are 30,000. 14 messages, then 8 turns of two such messages.",
  figures: [
    { name: "summarising calls in 8 further turns", better: "less" },
    { name: "characters they were sent", better: "less", slack: 0.02 },
    { name: "turns answered (of 8)", better: "more" },
  ],
  play: (contestant) =>
    inWorld(contestant, { main: () => filler(CHARACTERS) }, async (world) => {
      const agent = world.agent({ trigger: { tokens: 20_000 }, keep: { messages: 6 } });
      const start = chat(14, { characters: CHARACTERS });
      await answered(agent.invoke({ messages: [...start, human(filler(CHARACTERS))] }, thread()));
      const before = world.summary.length;
      let done = 0;
      for (let at = 0; at < TURNS; at++) {
        await answered(agent.invoke({ messages: [human(filler(CHARACTERS, at))] }, thread()));
        done++;
      }
      const later = world.summary.slice(before);
      return {
        "summarising calls in 8 further turns": later.length,
        "characters they were sent": later.reduce((sum, request) => sum + charactersOf(request), 0),
        "turns answered (of 8)": done,
      };
    }),
};
