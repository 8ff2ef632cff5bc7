import { type ReplayOperation, replayConsistency, type Trajectory } from "@sessionfold/conformance";
import fc from "fast-check";
import { expect, test } from "vitest";
import { allBackends } from "./all-backends.ts";

const backends = allBackends();
const ALL_RUNS = 8;
/** Of the stores without a server, which are quick. */
const QUICK_RUNS = 60;

const words = fc.constantFrom(
  "tickets for Malmö",
  "der Zug nach Gent",
  "明天的火车",
  "🙂🙂 100%_'\"*\\",
  "line\nend\r\n",
  "a\u0000b",
  " ",
);
const text = fc.array(words, { minLength: 3, maxLength: 6 }).map((parts) => parts.join(" "));
const call = fc.constantFrom("c1", "c2", "c3");
const when = fc.constantFrom("before" as const, "after" as const);
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 4 });

const said = fc.record({
  op: fc.constant("append_event" as const),
  author: fc.constantFrom("user", "user", "agent", "agent", "helper", "system"),
  text,
  shiftMs: some(fc.integer({ min: -100_000, max: 100_000 })),
  partial: some(fc.constant(true)),
  pinned: some(fc.boolean()),
  skipSummarization: some(fc.boolean()),
});
const step: fc.Arbitrary<readonly ReplayOperation[]> = fc.oneof(
  { weight: 8, arbitrary: said.map((one) => [one]) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(call, fc.boolean(), fc.dictionary(fc.constantFrom("z", "a", "7"), fc.jsonValue()), text)
      .map(([id, answered, args, result]): ReplayOperation[] => {
        const round: ReplayOperation = { op: "function_call", call: id, name: "look_up", args };
        return answered
          ? [round, { op: "function_response", call: id, name: "look_up", text: result }]
          : [round];
      }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(call, text)
      .map(([id, result]): ReplayOperation[] => [
        { op: "function_response", call: id, name: "look_up", text: result },
      ]),
  },
  {
    weight: 2,
    arbitrary: fc
      .dictionary(fc.constantFrom("a", "b", "temp:c", "user:d", "app:e", "__proto__x"), fc.jsonValue())
      .map((state): ReplayOperation[] => [{ op: "update_state", state }]),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.nat({ max: 1 }), some(when), some(fc.constant(80)))
      .map(([keepTurns, fails, maxLength]): ReplayOperation[] => [
        { op: "create_summary", keepTurns, fails, maxLength, optional: true },
      ]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(text, when, fc.boolean(), fc.boolean())
      .map(([lost, fails, retried, afterRestart]): ReplayOperation[] => [
        { op: "fail_before_commit", text: lost, when: fails },
        ...(retried ? [{ op: "retry_event" as const, afterRestart }] : []),
      ]),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("zug", "100%", "火车", "t", "malmö tickets")
      .map((query): ReplayOperation[] => [{ op: "memory_search", query, limit: 5 }]),
  },
);
const trajectory: fc.Arbitrary<Trajectory> = fc
  .array(step, { minLength: 6, maxLength: 24, size: "max" })
  .map((steps) => ({ name: "random", operations: [{ op: "create_session" }, ...steps.flat()] }));

test.each([
  ["all stores", backends, ALL_RUNS],
  ["stores without a server", backends.slice(0, 3), QUICK_RUNS],
] as const)(
  "REP-06: random trajectories are told alike by %s, and the invariants hold in each",
  async (_, stores, runs) => {
    let folds = 0;
    await fc.assert(
      fc.asyncProperty(trajectory, async (played) => {
        const { cases } = await replayConsistency(stores, [played]);
        expect(cases.filter(({ verdict }) => verdict !== "match")).toEqual([]);
        folds += cases[0]?.results[0]?.summaries ?? 0;
      }),
      { numRuns: runs },
    );
    expect(folds).toBeGreaterThan(0);
  },
);
