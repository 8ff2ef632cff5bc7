/**
 * `@sessionfold/core/engine`: the parts that the main entry is made of, for adapters that bring folding to another
 * framework. Applications need none of it. These names may change in a minor version.
 */

export { createEvent } from "../events/create-event.ts";
export {
  hasContent,
  hasToolCalls,
  isAiMessage,
  isHumanMessage,
  isToolMessage,
  textOf,
  textParts,
  toolCallsOf,
} from "../events/message-content.ts";
export { inScope } from "../events/scope.ts";
export { membersOf, type ToolRound, ToolRounds } from "../events/tool-rounds.ts";
export { transcriptBlocks } from "../events/transcript.ts";
export { type NoPlan, type Plan, type PlanOptions, planFold } from "../planning/plan.ts";
export { BackgroundJobs, type BackgroundJobsOptions } from "../shared/background-jobs.ts";
export { systemClock } from "../shared/clock.ts";
export { CalledOff, keptAwake, LONGEST_TIMEOUT_MS, withDeadline } from "../shared/deadline.ts";
export { errorName } from "../shared/errors.ts";
export { guarded, quietly } from "../shared/guarded.ts";
export { describe, validate } from "../shared/validate.ts";
export { type SummaryWriter, summaryWriter } from "../summaries/summary-message.ts";
export { isLogged } from "../summaries/window.ts";
export { askModel, factsOf, type ModelAnswer, type ModelFacts } from "../summarizers/ask-model.ts";
export { Calibration } from "../tokens/calibration.ts";
export { countMessageTokens, toTokenCounter } from "../tokens/token-counter.ts";
export { TokenLedger } from "../tokens/token-ledger.ts";
export { evaluateTrigger, toTrigger, triggerSchema } from "../triggers/evaluate.ts";
export { timesAsLarge } from "../triggers/hard-limit.ts";
export { StatisticsTracker } from "../triggers/statistics-tracker.ts";
export type { CompactionRun } from "./compaction-run.ts";
export type { Committed, CompactionTarget, SummaryDraft } from "./compaction-target.ts";
export { compact } from "./compactor.ts";
export { type ResolvedOptions, resolveOptions, summarizerShape } from "./options.ts";
