import { compareSnapshots, type ReplayDifference } from "./compare-snapshots.ts";
import {
  type Replay,
  type ReplayBackend,
  type ReplayOptions,
  replayTrajectory,
} from "./replay-trajectory.ts";
import type { Trajectory } from "./trajectory.ts";
import type { Violation } from "./violations.ts";

/** What became of a trajectory in one store. */
export interface ReplayResult {
  readonly backend: string;
  /** Entries of its log, and how many of these are summaries. */
  readonly entries: number;
  readonly summaries: number;
  /** Rules that do not hold in this store. */
  readonly violations: readonly Violation[];
  /** Where it tells something else than the first back-end; empty for that one. */
  readonly differences: readonly ReplayDifference[];
}

/** What became of a trajectory. */
export interface ReplayCase {
  readonly trajectory: string;
  /** `not-compared`: all rules hold in the one back-end there is, and there was nothing to compare it with. */
  readonly verdict: "match" | "mismatch" | "not-compared";
  readonly results: readonly ReplayResult[];
}

/** What became of trajectories on back-ends, as data. */
export interface ReplayReport {
  readonly backends: readonly string[];
  readonly cases: readonly ReplayCase[];
  /** Share of the trajectories with a mismatch, 0 to 1. Of trajectories that nobody tampered with it must be 0. */
  readonly mismatchRate: number;
}

/**
 * Plays trajectories on every back-end, checks what each tells by itself, and compares it with what the first one tells.
 * @throws ConfigurationError for a trajectory that is none; what a store throws
 */
export async function replayConsistency(
  backends: readonly ReplayBackend[],
  trajectories: readonly Trajectory[],
  options: ReplayOptions = {},
): Promise<ReplayReport> {
  const cases: ReplayCase[] = [];
  for (const trajectory of trajectories) {
    const replays: Replay[] = [];
    for (const backend of backends) replays.push(await replayTrajectory(backend, trajectory, options));
    cases.push(caseOf(trajectory, replays));
  }
  const mismatches = cases.filter(({ verdict }) => verdict === "mismatch").length;
  return {
    backends: backends.map(({ name }) => name),
    cases,
    mismatchRate: cases.length === 0 ? 0 : mismatches / cases.length,
  };
}

function caseOf({ name }: Trajectory, replays: readonly Replay[]): ReplayCase {
  const [first] = replays;
  const results = replays.map(({ backend, snapshot, violations }) => ({
    backend,
    entries: snapshot.stored.length,
    summaries: snapshot.summaries.length,
    violations,
    differences: first === undefined ? [] : compareSnapshots(first.snapshot, snapshot),
  }));
  const isWrong = results.some(({ violations, differences }) => violations.length + differences.length > 0);
  const verdict = isWrong ? "mismatch" : results.length > 1 ? "match" : "not-compared";
  return { trajectory: name, verdict, results };
}
