export { ConformanceFailure } from "./conformance-failure.ts";
export type { Exemption } from "./exemptions.ts";
export { exemptionsFor } from "./exemptions-for.ts";
export type { LongLog, StoreOptions } from "./kit/service-kit.ts";
export type { Decorate, FoldMode } from "./kit/summarizing-kit.ts";
export type { ConformanceRule, Need } from "./rule.ts";
export { SESSION_SERVICE_RULES } from "./service/session-service-rules.ts";
export {
  type SessionServiceConformanceOptions,
  sessionServiceConformance,
} from "./session-service-conformance.ts";
export { SUMMARIZING_RULES } from "./summarizing/summarizing-rules.ts";
export { type SummarizingConformanceOptions, summarizingConformance } from "./summarizing-conformance.ts";
export type { TestRunner } from "./test-runner.ts";
