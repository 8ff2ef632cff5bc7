export type {
  AfterSummarize,
  AfterSummarizeEdit,
  BeforeSummarize,
  BeforeSummarizeEdit,
  SummarizeHooks,
} from "./engine/hooks.ts";
export type { SessionSummarizerOptions, SummarizeOverrides } from "./engine/options.ts";
export type {
  Failed,
  Skipped,
  SkipReason,
  Summarized,
  SummarizeOutcome,
  WindowSize,
} from "./engine/outcome.ts";
export {
  SessionSummarizer,
  type SummarizeOptions,
  type SummarizerMetadata,
} from "./engine/session-summarizer.ts";
export type {
  RunBreaker,
  RunCommitted,
  RunEvent,
  RunEventBase,
  RunFailed,
  RunFellBack,
  RunRetried,
  RunSkipped,
  RunStarted,
} from "./engine/telemetry/run-event.ts";
export type { ObserverOptions, TelemetryOptions } from "./engine/telemetry/telemetry-options.ts";
export type { Writer, WriterOptions } from "./engine/writers.ts";
export { createEvent, type EventInput } from "./events/create-event.ts";
export { type EventJson, eventFromJson, eventToJson } from "./events/event-json.ts";
export { MARK_KINDS, type Mark, type MarkKind } from "./events/marks.ts";
export type { ToolCallInfo } from "./events/message-content.ts";
export {
  type EventActions,
  isConversationEvent,
  isMarkEvent,
  isSummaryEvent,
  isSystemEvent,
  isUserEvent,
  type SessionEvent,
  type SyntheticKind,
} from "./events/session-event.ts";
export { keyOf, type SessionKey, type SessionRef } from "./events/session-key.ts";
export { renderTranscript, type ToolResultInfo, type TranscriptFormat } from "./events/transcript.ts";
export type {
  KeepEvents,
  KeepFunction,
  KeepPolicy,
  KeepTokens,
  KeepTurns,
} from "./planning/keep-policy.ts";
export { STRATEGIES, type Strategy } from "./planning/strategy.ts";
export * as presets from "./presets/index.ts";
export type { ExportChunks } from "./sessions/export-lines.ts";
export { exportSession } from "./sessions/export-session.ts";
export { type ImportOptions, importSession } from "./sessions/import-session.ts";
export { InMemorySessionService } from "./sessions/in-memory-session-service.ts";
export type { MarkRequest } from "./sessions/mark-request.ts";
export type { SearchQuery, SearchResult } from "./sessions/search.ts";
export type {
  AppendEventRequest,
  CreateSessionRequest,
  EventDeletingService,
  GetSessionRequest,
  ListSessionsRequest,
  ListSessionsResponse,
  Session,
  SessionService,
} from "./sessions/session-service.ts";
export {
  type AppendCondition,
  type ConditionalAppendService,
  canAppendIf,
  canImport,
  canKeepFolds,
  canLease,
  canSearch,
  type FoldedSession,
  type FoldKeepingService,
  type ImportingService,
  type ImportSessionRequest,
  type Lease,
  type LeaseRequest,
  type LeasingService,
  type SearchingService,
  type TokenCounts,
} from "./sessions/store-capabilities.ts";
export type {
  ListedSummary,
  PruneOptions,
  SummarizingSessionService,
} from "./sessions/summarizing-session-service.ts";
export { withSummaries } from "./sessions/with-summaries.ts";
export type { OutcomeContext, WithSummariesOptions } from "./sessions/with-summaries-options.ts";
export type { Clock } from "./shared/clock.ts";
export type { Sleep } from "./shared/deadline.ts";
export {
  AppendConflictError,
  ConfigurationError,
  EventsPrunedError,
  InvalidEventError,
  isSessionfoldError,
  LeaseLostError,
  SessionExistsError,
  SessionfoldError,
  SessionNotFoundError,
  StoredDataError,
  StoreError,
  SummarizeError,
  type SummarizeErrorCode,
  SummaryNotFoundError,
  UnsupportedError,
} from "./shared/errors.ts";
export { describe, validate } from "./shared/validate.ts";
export { compressionRatio } from "./summaries/compression-ratio.ts";
export type { Coverage } from "./summaries/coverage.ts";
export { FoldedLog, type FoldWarning } from "./summaries/fold.ts";
export { type FoldSnapshot, type SnapshotSummary, snapshotOf } from "./summaries/fold-snapshot.ts";
export {
  SessionSummary,
  type SessionSummaryFields,
  type SessionSummaryJson,
  type SummaryStatus,
  type SummaryUsage,
} from "./summaries/session-summary.ts";
export type { SummaryMessageOptions } from "./summaries/summary-message.ts";
export type { SummaryNode } from "./summaries/summary-node.ts";
export { type WindowOptions, windowOf } from "./summaries/window.ts";
export type { ChatModel } from "./summarizers/ask-model.ts";
export { chatModelSummarizer } from "./summarizers/chat-model.ts";
export { chunkText, type TextSize } from "./summarizers/chunk-text.ts";
export { type ChunkOptions, chunked } from "./summarizers/chunked.ts";

export { extractive } from "./summarizers/extractive.ts";
export type { PromptOptions } from "./summarizers/prompt.ts";
export {
  type RedactSecretsOptions,
  redactSecrets,
  SECRET_KINDS,
} from "./summarizers/redact/redact-secrets.ts";
export type { Redact } from "./summarizers/redact-events.ts";
export type { BreakerOptions } from "./summarizers/resilience/breaker.ts";
export {
  classifyFailure,
  type FailureKind,
  isContextLengthError,
  type ModelFailure,
} from "./summarizers/resilience/classify-failure.ts";
export type { ResilienceOptions } from "./summarizers/resilience/resilient.ts";
export type { RetryOptions } from "./summarizers/resilience/retry.ts";
export {
  type StructuredOptions,
  type StructuredSummary,
  SUMMARY_SCHEMA,
  structuredSummarizer,
} from "./summarizers/structured.ts";
export type { Summarizer, SummarizerRequest, SummarizerResult } from "./summarizers/summarizer.ts";
export type {
  BreakerState,
  CallRequest,
  CallResponse,
  ObservedCall,
  SummarizerObserver,
} from "./summarizers/summarizer-observer.ts";
export { approximateCounter } from "./tokens/approximate.ts";
export { type TiktokenEncoding, tiktokenCounter } from "./tokens/tiktoken.ts";
export type { TokenCounter, TokenCounterLike } from "./tokens/token-counter.ts";
export { allOf, anyOf, not } from "./triggers/combine.ts";
export { evaluateTrigger, type TriggerOption } from "./triggers/evaluate.ts";
export { firedParts, formatExplanation } from "./triggers/explain.ts";
export type { SessionStatistics } from "./triggers/session-statistics.ts";
export { type ContextFractionOptions, contextFraction } from "./triggers/thresholds/context-fraction.ts";
export { conversationThreshold } from "./triggers/thresholds/conversation-threshold.ts";
export { eventCountThreshold } from "./triggers/thresholds/event-count-threshold.ts";
export { idleGap } from "./triggers/thresholds/idle-gap.ts";
export { importantContentThreshold } from "./triggers/thresholds/important-content-threshold.ts";
export { textThreshold } from "./triggers/thresholds/text-threshold.ts";
export {
  type TimeIntervalOptions,
  timeIntervalThreshold,
} from "./triggers/thresholds/time-interval-threshold.ts";
export { type TokenThresholdOptions, tokenThreshold } from "./triggers/thresholds/token-threshold.ts";
export type { ThresholdOptions, Trigger, TriggerAnswer, TriggerExplanation } from "./triggers/trigger.ts";
