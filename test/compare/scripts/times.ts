import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BaseMessage } from "@langchain/core/messages";
import { chat, human, toolRounds } from "../chats.ts";
import type { AgentSetup, Contestant } from "../contestants/contestant.ts";
import type { Figure, Script } from "../figure.ts";
import { fresh, hookOf } from "../hook.ts";
import { ModelTime, processorTime } from "../model-time.ts";
import { SUMMARY_WORD } from "../summarizer-script.ts";
import { inWorld, type World } from "../world.ts";

/** Times differ by so much from run to run on a machine that does other things as well. */
const SLACK = 0.2;
/** Model calls of a run, runs of a measurement. */
const CALLS = 20;
const RUNS = 16;
/** Folds of a measurement; only one where it takes longer than this, in milliseconds. */
const FOLDS = 5;
const LONG_MS = 2000;
const NEVER = { tokens: 100_000_000 };

const ms = (name: string, better: Figure["better"] = "less"): Figure => ({
  name,
  better,
  slack: SLACK,
  floor: 0.01,
  digits: 3,
});

/** What a call costs while nothing folds. */
function callTime(title: string, what: string, said: () => BaseMessage[]): Script {
  return {
    title,
    what: `${what} The trigger counts tokens and is far away. Measured is the processor time of the middleware alone, the model answers at once. A run is ${CALLS} model calls with a tool round between them; between runs the messages are fresh objects, as they come from a checkpointer.`,
    isSlow: true,
    rounds: 3,
    figures: [
      ms("ms a call, mean of a run"),
      ms("ms of the first call of a run", "neither"),
      ms("ms of each further call"),
      ms("ms of the first call in a process", "neither"),
      ms("the same with counts by characters", "neither"),
    ],
    play: (contestant) =>
      inWorld(contestant, {}, async (world) => {
        const messages = said();
        const own = await runs(world, contestant, messages, {});
        const approximate = contestant.countsExactly
          ? await runs(world, contestant, messages, { approximate: true })
          : own;
        return {
          "ms a call, mean of a run": own.mean,
          "ms of the first call of a run": own.first,
          "ms of each further call": own.further,
          "ms of the first call in a process": own.cold,
          "the same with counts by characters": approximate.cold,
        };
      }),
  };
}

interface Times {
  readonly cold: number;
  readonly first: number;
  readonly further: number;
  readonly mean: number;
}

async function runs(
  world: World,
  contestant: Contestant,
  messages: readonly BaseMessage[],
  given: Partial<AgentSetup>,
): Promise<Times> {
  const setup = world.setup({ trigger: NEVER, keep: { tokens: 8_000 }, ...given });
  const hook = hookOf(contestant.middleware(setup), setup);
  let cold = 0;
  let firsts = 0;
  let all = 0;
  let list = [...messages];
  for (let run = 0; run <= RUNS; run++) {
    const rounds = toolRounds(CALLS, { name: `run-${run}` });
    list = fresh(list);
    const start = processorTime();
    await hook(list);
    const first = processorTime() - start;
    for (let call = 1; call < CALLS; call++) {
      list.push(...rounds.slice(2 * call - 2, 2 * call));
      await hook(list);
    }
    if (run === 0) cold = first;
    else {
      firsts += first;
      all += processorTime() - start;
    }
  }
  if (world.main.length + world.summary.length > 0) throw new Error("Expected no call of a model");
  // Sums, as the system counts processor time in steps of some milliseconds.
  return {
    cold,
    first: firsts / RUNS,
    further: (all - firsts) / RUNS / (CALLS - 1),
    mean: all / RUNS / CALLS,
  };
}

/** What one fold costs besides the model. */
function foldTime(title: string, what: string, said: () => BaseMessage[]): Script {
  return {
    title,
    what: `${what} One fold of all but the last 8,000 tokens. The summarizing model takes 1,000,000 tokens, so that all of it can be read at once. Measured is the processor time of the middleware, without its model calls.`,
    isSlow: true,
    figures: [
      ms("ms of the fold"),
      ms("the same with counts by characters"),
      ms("the same with only trigger and keep given"),
      { name: "characters sent to the summarizer", better: "neither" },
      { name: "summarising calls", better: "neither" },
    ],
    play: async (contestant) => {
      const own = await median(() => fold(contestant, said(), {}));
      const approximate = contestant.countsExactly
        ? await median(() => fold(contestant, said(), { approximate: true }))
        : own;
      const asItComes = await median(() => fold(contestant, said(), { asItComes: true }));
      return {
        "ms of the fold": own.ms,
        "the same with counts by characters": approximate.ms,
        "the same with only trigger and keep given": asItComes.ms,
        "characters sent to the summarizer": own.characters,
        "summarising calls": own.calls,
      };
    },
  };
}

interface Fold {
  readonly ms: number;
  readonly characters: number;
  readonly calls: number;
}

/** The median of several folds; of one, if it takes seconds. */
async function median(once: () => Promise<Fold>): Promise<Fold> {
  const folds = [await once()];
  while (folds.length < FOLDS && (folds[0]?.ms ?? 0) < LONG_MS) folds.push(await once());
  folds.sort((a, b) => a.ms - b.ms);
  return folds[Math.floor(folds.length / 2)] as Fold;
}

async function fold(
  contestant: Contestant,
  messages: readonly BaseMessage[],
  given: Partial<AgentSetup>,
): Promise<Fold> {
  const historyDir = await mkdtemp(join(tmpdir(), "compare-"));
  try {
    return await inWorld(contestant, { summary: () => `${SUMMARY_WORD}: all.` }, async (world) => {
      const setup = world.setup({
        trigger: { tokens: 16_000 },
        keep: { tokens: 8_000 },
        historyDir,
        summarizerWindow: 1_000_000,
        ...given,
      });
      const time = new ModelTime();
      for (const model of [setup.model, setup.summarizer]) model.callbacks = time.callbacks;
      const hook = hookOf(contestant.middleware(setup), setup);
      const start = processorTime();
      const shown = await hook(messages);
      const all = processorTime() - start;
      if (shown.length >= messages.length) throw new Error("Expected a fold");
      const sent = world.summary.flatMap((request) => request.messages.map((one) => one.content.length));
      return {
        ms: all - time.milliseconds,
        characters: sent.reduce((sum, length) => sum + length, 0),
        calls: world.summary.length,
      };
    });
  } finally {
    await rm(historyDir, { recursive: true });
  }
}

const LATEST = human("And now?", "latest");
const chatOf = (messages: number) => () => [...chat(messages - 1, { characters: 80 }), LATEST];
const toolRun = () => [human("Look it all up."), ...toolRounds(2_000, { characters: 400 })];

export const callAt5000: Script = callTime(
  "Time of a call at 5,000 messages",
  "A chat of 5,000 messages.",
  chatOf(5_000),
);
export const callAt20000: Script = callTime(
  "Time of a call at 20,000 messages",
  "A chat of 20,000 messages.",
  chatOf(20_000),
);
export const callAtToolResults: Script = callTime(
  "Time of a call at 2,000 tool results",
  "One user message and 2,000 tool rounds.",
  toolRun,
);
export const foldOf20000: Script = foldTime(
  "Time of one fold of 20,000 messages",
  "A chat of 20,000 messages.",
  chatOf(20_000),
);
export const foldOfToolResults: Script = foldTime(
  "Time of one fold of 2,000 tool results",
  "One user message and 2,000 tool rounds.",
  toolRun,
);
