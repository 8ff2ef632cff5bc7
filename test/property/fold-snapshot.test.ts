import { FoldedLog, type FoldSnapshot, type SessionEvent, snapshotOf, windowOf } from "@sessionfold/core";
import { Calibration, planFold, StatisticsTracker, TokenLedger } from "@sessionfold/core/engine";
import fc from "fast-check";
import { expect, test } from "vitest";
import { histories, play, type Step } from "../support/histories.ts";

const RUNS = Number(process.env.SESSIONFOLD_FUZZ_RUNS ?? 4000);
const ledger = new TokenLedger({ name: "characters", count: (text) => text.length });

/** A log, what it folded to at some moment before, and the entries that a store would read on top of that. */
function cutAt(steps: readonly Step[], at: number): { log: SessionEvent[]; snapshot: FoldSnapshot } {
  const moments: (readonly SessionEvent[])[] = [[]];
  // Stores number at append: nothing comes in further up. No record speaks of events that are yet to come. What is pruned is
  // pruned by whole rounds, which the tests of the stores do.
  const log = play(
    steps.filter(
      (step) =>
        step.kind !== "late" && step.kind !== "prune" && !(step.kind === "summary" && step.how === "junk"),
    ),
    (_, grown) => moments.push(grown),
  );
  const moment = moments[at % moments.length] ?? [];
  return { log, snapshot: JSON.parse(JSON.stringify(snapshotOf(FoldedLog.of(moment)))) as FoldSnapshot };
}

function keptOf(log: readonly SessionEvent[], { seq, keep }: FoldSnapshot): readonly SessionEvent[] {
  return log.filter((event) => event.seq > seq || keep.includes(event.seq));
}

function faceOf(log: FoldedLog): unknown {
  const figures = new StatisticsTracker(log, { ledger, calibration: new Calibration() }).snapshot();
  const plan = planFold(log, {
    keep: { turns: 1 },
    tokensOf: (event) => ledger.of(event),
    now: 1_000_000,
  });
  return {
    windows: [undefined, "agent", "other"].map((agent) => windowOf(log, { agent }).map(({ id }) => id)),
    visible: log.visible.map((event) => [event.id, log.isPinned(event), log.isSkipped(event)]),
    effective: log.effective.map(({ summary, position, size }) => [summary.id, position, size]),
    covering: log.visible.map(({ id }) => log.coveringSummary(id)?.id),
    leadingSystem: log.leadingSystem,
    lastSeq: log.lastSeq,
    figures: { ...figures },
    plan:
      plan.kind === "fold"
        ? {
            ...plan,
            events: plan.events.map(({ id }) => id),
            covered: plan.covered.map(({ id }) => id),
            omitted: plan.omitted.map(({ id }) => id),
            previous: plan.previous.map(({ id }) => id),
          }
        : plan,
  };
}

test("a log resumed from a snapshot shows, counts and plans what the whole log does", () => {
  let resumed = 0;
  let left = 0;
  fc.assert(
    fc.property(histories(45), fc.nat(60), (steps, at) => {
      const { log, snapshot } = cutAt(steps, at);
      const kept = keptOf(log, snapshot);
      const part = FoldedLog.resume(snapshot, kept);
      if (part === undefined) return;
      resumed++;
      left += log.length - kept.length;
      expect(faceOf(part)).toEqual(faceOf(FoldedLog.of(log)));
      // And once more, from what was resumed.
      const again = snapshotOf(part);
      const twice = FoldedLog.resume(again, keptOf(kept, again));
      expect(twice && faceOf(twice)).toEqual(faceOf(part));
    }),
    { numRuns: RUNS },
  );
  expect(resumed).toBeGreaterThan(RUNS / 3);
  expect(left).toBeGreaterThan(RUNS / 4);
});
