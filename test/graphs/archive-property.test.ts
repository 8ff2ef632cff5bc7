import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { messagesStateReducer } from "@langchain/langgraph";
import { approximateCounter, conversationThreshold, type SummarizerRequest } from "@sessionfold/core";
import { type FoldOptions, foldMessages } from "@sessionfold/langchain";
import fc from "fast-check";
import { expect, test } from "vitest";
import { planArchive } from "../../packages/langchain/src/archive/archive-plan.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

/** One turn of a made-up conversation, and what happens behind it. */
interface Step {
  readonly rounds: number;
  readonly pinned: boolean;
  readonly skipped: boolean;
  readonly archive: boolean;
  readonly restart: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  rounds: fc.nat(2),
  pinned: fc.nat(9).map((chance) => chance === 0),
  skipped: fc.nat(9).map((chance) => chance === 0),
  archive: fc.boolean(),
  restart: fc.nat(3).map((chance) => chance === 0),
});
const policy = fc.record({ turns: fc.integer({ min: 1, max: 4 }), keep: fc.integer({ min: 1, max: 2 }) });

/** A thread that is talked on, with what its model got at each call. */
class Talk {
  state: BaseMessage[] = [];
  /** Every message that a window told of, verbatim or in a summary, as often as it did. */
  readonly windows: string[][] = [];
  /** Skipped messages leave with what is folded around them, sooner or later. */
  readonly skipped = new Set<string>();
  readonly #policy: { readonly turns: number; readonly keep: number };
  #options: FoldOptions;

  constructor(chosen: { readonly turns: number; readonly keep: number }) {
    this.#policy = chosen;
    this.#options = this.#fresh();
  }

  /** Forgets what a process knows. */
  restart(): void {
    this.#options = this.#fresh();
  }

  add(...messages: BaseMessage[]): void {
    this.state = messagesStateReducer(this.state, messages);
  }

  async answer(message: AIMessage): Promise<void> {
    const folded = await foldMessages(this.state, this.#options);
    this.windows.push(
      folded.messages
        .flatMap(namesIn)
        .filter((name) => !this.skipped.has(name))
        .sort(),
    );
    this.add(folded.stamp(message));
  }

  archive(): void {
    const plan = planArchive(this.state, { name: "sessionfold", minMessages: 1 });
    if (plan.kind === "archive") this.add(...plan.update);
  }

  #fresh(): FoldOptions {
    const summarizer = stubSummarizer(
      ({ events, previous }: SummarizerRequest) =>
        `{SUM ${[...previous.map(({ text }) => text), ...events.map(({ id }) => id)].join(" ")} SUM}`,
    );
    const { turns, keep } = this.#policy;
    return {
      summarizer,
      trigger: conversationThreshold(turns + keep),
      keep: { turns: keep },
      tokenCounter: approximateCounter(),
      maxSummaryLength: null,
    };
  }
}

function namesIn(message: BaseMessage): readonly string[] {
  const calls = ((message as AIMessage).tool_calls ?? []).map(({ id = "" }) => id);
  return [...(message.text.match(/\b[uact]\d{1,2}(-\d)?\b/g) ?? []), ...calls];
}

async function play(talk: Talk, steps: readonly Step[], archives: boolean): Promise<void> {
  const filler = "and a good many words more so that a summary is always the shorter text ".repeat(6);
  for (const [at, { rounds, pinned, skipped, archive, restart }] of steps.entries()) {
    if (restart) talk.restart();
    if (skipped && !pinned) talk.skipped.add(`u${at}`);
    const sessionfold = { ...(pinned && { pinned }), ...(skipped && { skipSummarization: true }) };
    talk.add(
      new HumanMessage({ id: `u${at}`, content: `u${at} ${filler}`, additional_kwargs: { sessionfold } }),
    );
    for (let round = 0; round < rounds; round++) {
      const id = `c${at}-${round}`;
      await talk.answer(new AIMessage({ id, content: "", tool_calls: [{ id, name: "look", args: { at } }] }));
      talk.add(
        new ToolMessage({ id: `t${at}-${round}`, tool_call_id: id, content: `t${at}-${round} ${filler}` }),
      );
    }
    await talk.answer(new AIMessage({ id: `a${at}`, content: `a${at} ${filler}` }));
    if (archives && archive) talk.archive();
  }
}

test("whatever is archived when, each window tells of the same messages, none twice", async () => {
  let archived = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), policy, async (steps, chosen) => {
      const [whole, lean] = [new Talk(chosen), new Talk(chosen)];
      await play(whole, steps, false);
      await play(lean, steps, true);
      archived += whole.state.length - lean.state.length;
      expect(lean.windows).toEqual(whole.windows);
      for (const names of lean.windows) expect(new Set(names).size).toBe(names.length);
    }),
    { numRuns: 150 },
  );
  expect(archived).toBeGreaterThan(500);
});
