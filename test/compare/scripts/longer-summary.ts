import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { markersIn } from "../observe.ts";
import { inWorld, textOf, turn } from "../world.ts";

const CHARACTERS = 40_000;

export const longerSummary: Script = {
  title: "The summary is longer than what it replaces",
  what: "40 messages, 3,300 characters in all; the summarizing model answers 40,000 characters without a fact.",
  figures: [
    { name: "turn answered", better: "yes" },
    { name: "characters of the model's request", better: "less", slack: 0.1 },
    { name: "messages the model knows of (of 40)", better: "more" },
  ],
  play: (contestant) =>
    inWorld(contestant, { summary: () => "blah ".repeat(CHARACTERS / 5) }, async (world) => {
      const asked = world.agent().invoke({ messages: [...chat(40), human("And now?")] }, thread());
      const ended = await turn(asked);
      return {
        "turn answered": ended.kind === "answered",
        "characters of the model's request": textOf(world.main.at(-1)).length,
        "messages the model knows of (of 40)": markersIn(world.main.at(-1)),
      };
    }),
};
