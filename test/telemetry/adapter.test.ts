import { eventCountThreshold, FoldedLog, type RunEvent, SessionSummarizer } from "@sessionfold/core";
import { Calibration, compact, createEvent, StatisticsTracker } from "@sessionfold/core/engine";
import { expect, test } from "vitest";
import { numbered } from "../support/events.ts";
import { turns } from "../support/folds.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

test("an adapter whose log breaks amid a run is told of as an unexpected failure, and hears its own error", async () => {
  const events: RunEvent[] = [];
  const { options, ledger } = new SessionSummarizer({
    summarizer: stubSummarizer("S"),
    trigger: eventCountThreshold(8),
    keep: { turns: 1 },
    onEvent: (event) => events.push(event),
  });
  const log = FoldedLog.of(numbered(turns(4)).map((event, at) => createEvent(event, at, options.clock)));
  const calibration = new Calibration();
  const broken = new Error("the log is gone");
  let reads = 0;
  const target = {
    sessionId: "session-1",
    scope: undefined,
    ledger,
    calibration,
    statistics: () => new StatisticsTracker(log, { ledger, calibration }).snapshot(undefined),
    log: () => {
      // The first three reads are those of the plan, which has a guard of its own.
      if (reads++ < 3) return log;
      throw broken;
    },
    commit: async () => undefined,
  };
  await expect(compact(target, options, {})).rejects.toBe(broken);
  expect(events).toMatchObject([{ kind: "failed", code: "unexpected", transient: false, calls: 0 }]);
});
