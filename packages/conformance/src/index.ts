export { ConformanceFailure } from "./conformance-failure.ts";
export type { Exemption } from "./exemptions.ts";
export { exemptionsFor } from "./exemptions-for.ts";
export type { LongLog, StoreOptions } from "./kit/service-kit.ts";
export type { Decorate, FoldMode } from "./kit/summarizing-kit.ts";
export { compareSnapshots, type ReplayDifference } from "./replay/compare-snapshots.ts";
export { REPLAY_CASES } from "./replay/replay-cases.ts";
export { faultyReads, REPLAY_FAULTS, type ReplayFault, type StoredContent } from "./replay/replay-faults.ts";
export {
  type ReplayCase,
  type ReplayReport,
  type ReplayResult,
  replayConsistency,
} from "./replay/replay-report.ts";
export type { ReplaySnapshot, SnapshotOfSearch, SnapshotOfSummary } from "./replay/replay-snapshot.ts";
export {
  type Replay,
  type ReplayBackend,
  type ReplayOptions,
  replayTrajectory,
} from "./replay/replay-trajectory.ts";
export {
  checkedTrajectory,
  type FoldOperation,
  type ReplayOperation,
  readTrajectories,
  type SaidFields,
  type Trajectory,
} from "./replay/trajectory.ts";
export { REPLAY_RULES, type Violation } from "./replay/violations.ts";
export type { ConformanceRule, Need } from "./rule.ts";
export { SESSION_SERVICE_RULES } from "./service/session-service-rules.ts";
export {
  type SessionServiceConformanceOptions,
  sessionServiceConformance,
} from "./session-service-conformance.ts";
export { SUMMARIZING_RULES } from "./summarizing/summarizing-rules.ts";
export { type SummarizingConformanceOptions, summarizingConformance } from "./summarizing-conformance.ts";
export type { TestRunner } from "./test-runner.ts";
