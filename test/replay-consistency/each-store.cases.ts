import {
  compareSnapshots,
  REPLAY_CASES,
  REPLAY_FAULTS,
  replayConsistency,
  replayTrajectory,
} from "@sessionfold/conformance";
import { afterAll, describe, expect, test } from "vitest";
import { inMemory, type TestedBackend } from "./backends.ts";
import type { Befallen } from "./stored-rows.ts";

/** Registers what every store must do with the trajectories, and what must be noticed in it. */
export function replayTests(backend: TestedBackend): void {
  afterAll(() => backend.remove());

  test("REP-04: all ten cases are told as in memory, and nothing is held against either", async () => {
    const report = await replayConsistency([inMemory, backend], REPLAY_CASES);
    expect(report.cases.filter(({ verdict }) => verdict !== "match")).toEqual([]);
    expect(report.cases).toHaveLength(10);
    expect(report.mismatchRate).toBe(0);
  });

  test("REP-01: one turn on one store keeps the session's id and both events; nothing is said to match", async () => {
    const report = await replayConsistency([backend], [caseOf("single_turn")]);
    expect(report.cases[0]).toMatchObject({ verdict: "not-compared", results: [{ violations: [] }] });
    const { snapshot } = await replayTrajectory(backend, caseOf("single_turn"));
    expect(snapshot.key.sessionId).toBe("single_turn");
    expect(snapshot.stored.length).toBeGreaterThanOrEqual(2);
  });

  test("REP-02: the state that was written last is there, nothing of temp:", async () => {
    const { snapshot, violations } = await replayTrajectory(backend, caseOf("state_overwrite"));
    expect(violations).toEqual([]);
    const others = { "user:name": "Ada", "app:rev": 7 };
    expect(snapshot.state).toEqual({ counter: 3, flag: true, nested: { z: 1, a: [null, "ü"] }, ...others });
  });

  test.each(REPLAY_CASES)(
    "REP-06: the invariants hold after $name, whatever others tell",
    async (trajectory) => {
      const { snapshot, violations } = await replayTrajectory(backend, trajectory);
      expect(violations).toEqual([]);
      const ids = snapshot.stored.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    },
  );

  test("REP-07: events with times of 100 s before are folded and all there", async () => {
    const { snapshot, violations } = await replayTrajectory(backend, caseOf("summary_create"));
    expect(violations).toEqual([]);
    const said = snapshot.stored.filter(({ actions }) => actions.summary === undefined);
    expect(said.map(({ id }) => id)).toEqual(["e1", "e2", "e3", "e4", "e5", "e6"]);
    expect(snapshot.window.map(({ id }) => id).slice(1)).toEqual(["e5", "e6"]);
    expect(snapshot.summaries[0]?.unfolded).toEqual(["e1", "e2", "e3", "e4"]);
  });

  test("REP-21: an append whose acknowledgement was lost is stored once, repeated here or after a restart", async () => {
    const { snapshot, violations } = await replayTrajectory(backend, caseOf("retry_recovery"));
    expect(violations).toEqual([]);
    expect(snapshot.stored.filter(({ id }) => id === "lost")).toHaveLength(1);
    const texts = snapshot.stored.map(({ message }) => message?.data.content);
    for (const retried of ["It is cancelled.", "Anything else?"])
      expect(texts.filter((said) => said === retried)).toHaveLength(1);
    expect(texts).not.toContain("Quite");
  });

  test("REP-22: a failure before a summary is written leaves none, one behind it a whole one", async () => {
    const { operations } = caseOf("summary_create");
    const told = async (fails: "before" | "after") => {
      const played = operations.map((each) => (each.op === "create_summary" ? { ...each, fails } : each));
      return replayTrajectory(backend, { name: `crash ${fails}`, operations: played });
    };
    const before = await told("before");
    expect(before.violations).toEqual([]);
    expect(before.snapshot.summaries).toEqual([]);
    expect(before.snapshot.window).toEqual(before.snapshot.stored);
    const after = await told("after");
    expect(after.violations).toEqual([]);
    const unfolded = ["e1", "e2", "e3", "e4"];
    expect(after.snapshot.summaries).toMatchObject([{ status: "effective", unfolded }]);
    const clean = await replayTrajectory(backend, caseOf("summary_create"));
    const shown = ({ snapshot }: typeof clean) => snapshot.window.map(({ message }) => message);
    expect(shown(after)).toEqual(shown(clean));
  });

  test("REP-24: a partial event is stored nowhere", async () => {
    const { snapshot } = await replayTrajectory(backend, caseOf("multi_turn"));
    expect(JSON.stringify(snapshot)).not.toContain('"By way of"');
    expect(snapshot.stored.map(({ id }) => id)).not.toContain("e5");
  });

  describe("REP-09: each fault is noticed in each case, by the store's own invariants and beside another store", () => {
    test.each(REPLAY_FAULTS)("$name", async (fault) => {
      const expected: Partial<Record<string, Befallen>> = {};
      const told: Partial<Record<string, Befallen>> = {};
      for (const trajectory of REPLAY_CASES) {
        const { name } = trajectory;
        expected[name] = spared(fault.name, name) ? "spared" : "injected";
        const tamper = backend.inject(fault, (befallen) => {
          told[name] = befallen;
        });
        const { violations, snapshot } = await replayTrajectory(backend, trajectory, { tamper });
        const isThere = told[name] === "injected";
        const what = `${fault.name} in ${name}`;
        expect(violations.length > 0, what).toBe(isThere);
        const clean = await replayTrajectory(inMemory, trajectory);
        expect(compareSnapshots(clean.snapshot, snapshot).length > 0, what).toBe(isThere);
        // A store that keeps ids unique needs nobody to notice a double.
        if (fault.name === "doubled-event" && told[name] === "refused") expected[name] = "refused";
      }
      expect(told).toEqual(expected);
    });
  });
}

const FOLDED_AGAIN = ["summary_update", "summary_truncation"];
const FOLDED = ["tool_round_trip", "memory_preference", "summary_create", "retry_recovery", ...FOLDED_AGAIN];

/** Without a summary none can be lost, and without an older one none can take the place of the newer. */
function spared(fault: string, name: string): boolean {
  if (fault === "lost-summary") return !FOLDED.includes(name);
  return fault === "older-summary" && !FOLDED_AGAIN.includes(name);
}

function caseOf(name: string) {
  const found = REPLAY_CASES.find((trajectory) => trajectory.name === name);
  if (found === undefined) throw new Error(`There is no case ${name}`);
  return found;
}
