import { chat, human, thread } from "../chats.ts";
import type { Contestant } from "../contestants/contestant.ts";
import type { Figure, Observed, Script } from "../figure.ts";
import { markersIn, markersInAny } from "../observe.ts";
import { charactersOf, inWorld, turn } from "../world.ts";

const MESSAGES = 40;
const CHARACTERS = 4_000;
const KEPT = 6;

const figures: readonly Figure[] = [
  { name: "turn answered", better: "yes" },
  { name: `messages that neither the summarizer nor the model is shown (of ${MESSAGES})`, better: "less" },
  { name: `messages the model knows of (of ${MESSAGES})`, better: "more" },
  { name: "characters that reach the summarizer", better: "neither" },
  { name: "summarising calls", better: "neither" },
];

interface Case {
  /** Tokens that the summarizing model takes. */
  readonly window: number;
  readonly asItComes: boolean;
}

async function play(contestant: Contestant, { window, asItComes }: Case): Promise<Observed> {
  return inWorld(contestant, { summaryLimit: window * 4 }, async (world) => {
    const agent = world.agent({
      trigger: { messages: MESSAGES },
      keep: { messages: KEPT },
      summarizerWindow: window,
      asItComes,
    });
    const messages = [...chat(MESSAGES, { characters: CHARACTERS }), human("And now?")];
    const ended = await turn(agent.invoke({ messages }, thread()));
    const read = world.summary.filter((request) => charactersOf(request) <= window * 4);
    return {
      "turn answered": ended.kind === "answered",
      [`messages that neither the summarizer nor the model is shown (of ${MESSAGES})`]:
        MESSAGES - markersInAny([...read, ...world.main]),
      [`messages the model knows of (of ${MESSAGES})`]:
        ended.kind === "answered" ? markersIn(world.main.at(-1)) : 0,
      "characters that reach the summarizer": read.reduce((sum, request) => sum + charactersOf(request), 0),
      "summarising calls": world.summary.length,
    };
  });
}

export const largeFold: Script = {
  title: "160,000 characters between two folds",
  what: "40 messages of 4,000 characters, 6 stay; the summarizing model takes 128,000 tokens, and every contestant is told so where it can be.",
  figures,
  play: (contestant) => play(contestant, { window: 128_000, asItComes: false }),
};

export const largeFoldAsItComes: Script = {
  title: "160,000 characters, only trigger and keep given",
  what: "The same with nothing but trigger and keep in the options.",
  figures,
  play: (contestant) => play(contestant, { window: 128_000, asItComes: true }),
};

export const smallSummarizer: Script = {
  title: "160,000 characters, a summarizer that takes 60,000",
  what: "The same with a summarizing model of 15,000 tokens: a longer request is refused as too long.",
  figures,
  play: (contestant) => play(contestant, { window: 15_000, asItComes: false }),
};
