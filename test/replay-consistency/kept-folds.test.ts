import { REPLAY_CASES, replayTrajectory } from "@sessionfold/conformance";
import { FoldedLog, type SessionEvent, snapshotOf } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { allBackends } from "./all-backends.ts";
import type { TestedBackend } from "./backends.ts";

const keeping = allBackends().filter(
  (backend): backend is TestedBackend & Required<Pick<TestedBackend, "keepFold">> =>
    backend.keepFold !== undefined,
);

/** Cases with skipped and pinned events, tool rounds, several summaries, and retries. */
const PLAYED = REPLAY_CASES.filter(({ name }) =>
  ["multi_turn", "tool_round_trip", "summary_update", "retry_recovery"].includes(name),
);

/** What a store may be found with: what the log folded to earlier, and what is of no use. */
const KEPT: Readonly<Record<string, (log: readonly SessionEvent[]) => unknown>> = {
  "of the first entry": (log) => snapshotOf(FoldedLog.of(log.slice(0, 1))),
  "of half the log": (log) => snapshotOf(FoldedLog.of(log.slice(0, Math.ceil(log.length / 2)))),
  "of all but the last entry": (log) => snapshotOf(FoldedLog.of(log.slice(0, -1))),
  "of a newer form": (log) => ({ ...snapshotOf(FoldedLog.of(log)), format: 2 }),
  "that is none": () => ({ nothing: "of the kind" }),
};

describe.each(keeping)("on $name a kept fold is never the last word", (backend) => {
  test.each(Object.keys(KEPT))("REP-06: a fold %s leaves all as it was", async (which) => {
    let used = 0;
    for (const trajectory of PLAYED) {
      const { violations } = await replayTrajectory(backend, trajectory, {
        tamper: async (service, key) => {
          const log = (await service.getSession(key))?.events ?? [];
          const kept = KEPT[which]?.(log);
          await backend.keepFold(service, key, (kept as { seq?: number }).seq ?? 0, JSON.stringify(kept));
          used++;
          return undefined;
        },
      });
      expect(violations, trajectory.name).toEqual([]);
    }
    expect(used).toBe(4);
  });

  test("but one that lies is noticed", async () => {
    for (const trajectory of PLAYED) {
      const { violations } = await replayTrajectory(backend, trajectory, {
        tamper: async (service, key) => {
          const log = FoldedLog.of((await service.getSession(key))?.events ?? []);
          const lie = { ...snapshotOf(log), keep: [], summaries: [] };
          await backend.keepFold(service, key, lie.seq, JSON.stringify(lie));
          return undefined;
        },
      });
      expect(
        violations.map(({ rule }) => rule),
        trajectory.name,
      ).toContain("window");
    }
  });
});
