export type { AgentSummarizerOptions, FilterContext } from "./agent/agent-options.ts";
export { type AgentSummarizer, agentSummarizer } from "./agent/agent-summarizer.ts";
export type { BackgroundFoldOptions } from "./agent/background-options.ts";
export type { FoldEvent } from "./agent/fold-event.ts";
export type { TrimToolResults } from "./agent/trim-options.ts";
export { type ArchiveMiddlewareOptions, archive } from "./archive/archive-middleware.ts";
export type { ArchiveKey, ArchiveOptions } from "./archive/archive-options.ts";
export { type ArchiveOutcome, type ArchiveThreadOptions, archiveThread } from "./archive/archive-thread.ts";
export { type FoldHook, type FoldHookUpdate, foldHook } from "./graphs/fold-hook.ts";
export { type FoldCallOptions, type FoldedMessages, foldMessages } from "./graphs/fold-messages.ts";
export type { FoldOptions } from "./graphs/fold-options.ts";
export type { ThreadOwner, ThreadSessionsOptions } from "./graphs/thread-options.ts";
export { threadSessions } from "./graphs/thread-sessions.ts";
export type { CheckpointedGraph } from "./graphs/thread-source.ts";
export { eventsOfMessages, type MessageReading } from "./messages/message-events.ts";
export type { SummaryRecord } from "./messages/summary-records.ts";
export type { RecallOptions } from "./recall/recall-options.ts";
export { type RecallToolsOptions, recallTools } from "./recall/recall-tools.ts";
export { type StateRecallOptions, stateRecallTools } from "./recall/state-recall-tools.ts";
export type { RunInterrupt, RunResult, RunStream } from "./runner/run-result.ts";
export type {
  ResumeRequest,
  RunnableAgent,
  RunnerCallOptions,
  RunRequest,
  RunStreamOptions,
  SessionRunnerOptions,
} from "./runner/runner-options.ts";
export { runnerSession } from "./runner/runner-session.ts";
export { createSessionRunner, type SessionRunner } from "./runner/session-runner.ts";
