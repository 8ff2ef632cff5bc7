import { AIMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { type SummarizeOutcome, tokenThreshold } from "@sessionfold/core";
import { agentSummarizer } from "@sessionfold/langchain";
import { createAgent, tool } from "langchain";
import { z } from "zod";

/** What one long run comes to. */
export interface LongRun {
  /** Messages that the run left in the state. */
  readonly inState: number;
  /** The most messages that one call of the model got. */
  readonly mostToModel: number;
  /** How often it was folded on the way. */
  readonly folds: number;
  /** Whether every call of the model had the user's task before it. */
  readonly taskAlwaysThere: boolean;
  /** The last answer. */
  readonly answer: string;
}

const STEPS = 60;
const TASK = "Rename `Parcel` to `Shipment` in all sixty modules, and run the tests after each.";

/** One user message and sixty rounds of tools: the run folds while it goes on. */
export async function longCodingRun(): Promise<LongRun> {
  // It stands in for a real chat model, so that the example needs no key.
  const model = fakeModel();
  for (let step = 1; step <= STEPS; step++) {
    const call = { id: `call-${step}`, name: "edit_and_test", args: { file: `src/module-${step}.ts` } };
    model.respond(new AIMessage({ content: `Module ${step} of ${STEPS}.`, tool_calls: [call] }));
  }
  model.respond(new AIMessage("All sixty modules are renamed, and the tests pass."));

  const editAndTest = tool(
    async ({ file }) => `${file}: 3 places changed\n${`  ok ${file} renders\n`.repeat(60)}60 tests passed`,
    {
      name: "edit_and_test",
      description: "Renames the type in one file and runs its tests.",
      schema: z.object({ file: z.string() }),
    },
  );

  const outcomes: SummarizeOutcome[] = [];
  const agent = createAgent({
    model,
    tools: [editAndTest],
    middleware: [
      agentSummarizer({
        // For a real run, the marks of `presets.coding()`: 32,000 tokens down to 16,000.
        trigger: tokenThreshold(6000),
        keep: { tokens: 3000 },
        // Old results shrink to head and tail first, which needs no model.
        trimToolResults: { above: 800, keepRecent: 4, head: 100, tail: 100 },
        onOutcome: (outcome) => outcomes.push(outcome),
      }),
    ],
  });
  const { messages } = await agent.invoke(
    { messages: [{ role: "user", content: TASK }] },
    { recursionLimit: 3 * STEPS },
  );

  const sent = model.calls.map((call) => call.messages.filter(({ type }) => type !== "system"));
  return {
    inState: messages.length,
    mostToModel: Math.max(...sent.map(({ length }) => length)),
    folds: outcomes.filter(({ kind }) => kind === "summarized").length,
    taskAlwaysThere: sent.every((window) => window.some(({ text }) => text === TASK)),
    answer: messages.at(-1)?.text ?? "",
  };
}

if (import.meta.main) console.table(await longCodingRun());
