import { chat, human, thread } from "../chats.ts";
import type { Contestant } from "../contestants/contestant.ts";
import type { Figure, Observed, Script } from "../figure.ts";
import { markersIn, messagesInState } from "../observe.ts";
import { SUMMARY_WORD } from "../summarizer-script.ts";
import { answered, charactersOf, inWorld, textOf } from "../world.ts";

const BATCHES = 6;
const BATCH = 20;
const ALL = BATCHES * BATCH;

const figures: readonly Figure[] = [
  { name: "folds after the first whose call saw the previous summary, share", better: "more", digits: 2 },
  { name: `facts that stand in the last request (of ${ALL})`, better: "more" },
  { name: "messages still in the state (all that were said, share)", better: "more", digits: 2 },
  { name: "summarising calls", better: "neither" },
  { name: "characters sent to the summarizer", better: "neither" },
  { name: "characters of the last request", better: "neither" },
];

/** A long conversation in batches, with a fold in each. */
async function play(contestant: Contestant, asItComes: boolean): Promise<Observed> {
  return inWorld(contestant, {}, async (world) => {
    const agent = world.agent({ asItComes });
    for (let at = 0; at < BATCHES; at++) {
      const said = chat(BATCH, { from: at * BATCH, characters: 2_000 });
      await answered(agent.invoke({ messages: [...said, human("Go on.")] }, thread()));
    }
    const later = world.summary.slice(1);
    const saw = later.filter((request) => textOf(request).includes(SUMMARY_WORD)).length;
    return {
      "folds after the first whose call saw the previous summary, share":
        later.length === 0 ? 0 : saw / later.length,
      [`facts that stand in the last request (of ${ALL})`]: markersIn(world.main.at(-1)),
      "messages still in the state (all that were said, share)":
        (await messagesInState(agent)) / (ALL + 2 * BATCHES),
      "summarising calls": world.summary.length,
      "characters sent to the summarizer": world.summary.reduce((sum, one) => sum + charactersOf(one), 0),
      "characters of the last request": textOf(world.main.at(-1)).length,
    };
  });
}

export const manyFolds: Script = {
  title: "Facts after six folds",
  what: "120 messages of 2,000 characters with a fact each, in six batches, a fold in each; the same summarizing model for all, which repeats every fact that it is shown. So a fact that is missing at the end was kept from it: trimmed away, or its previous summary was.",
  figures,
  play: (contestant) => play(contestant, false),
};

export const manyFoldsAsItComes: Script = {
  title: "Facts after six folds, only trigger and keep given",
  what: "The same with nothing but trigger and keep in the options.",
  figures,
  play: (contestant) => play(contestant, true),
};
