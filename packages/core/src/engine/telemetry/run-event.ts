import type { SummaryUsage } from "../../summaries/session-summary.ts";
import type { FailureKind } from "../../summarizers/resilience/classify-failure.ts";
import type { UnusableCode } from "../../summarizers/resilience/usable-answer.ts";
import type { BreakerState } from "../../summarizers/summarizer-observer.ts";
import type { TriggerExplanation } from "../../triggers/trigger.ts";
import type { SkipReason, WindowSize } from "../outcome.ts";

/** What every event of a run carries. */
export interface RunEventBase {
  /** Identity of the run; the summary that comes of it has the same id. */
  readonly runId: string;
  /** Session that is worked on; empty for a plain list of events without one. */
  readonly sessionId: string;
  /** The agent or branch whose events alone are folded; undefined for the session. */
  readonly scope: string | undefined;
  /** Milliseconds since the epoch, by the summarizer's clock. */
  readonly timestamp: number;
}

/** There is something to fold, and it is about to be summarised. */
export interface RunStarted extends RunEventBase {
  readonly kind: "started";
  /** Name of the trigger that fired; "force" for a forced run. */
  readonly trigger: string;
  /** Why it fired; absent for a forced run. */
  readonly explanation?: TriggerExplanation;
  /** Events to be read. */
  readonly events: number;
  /** Earlier summaries to be read, whose place the new one takes. */
  readonly summaries: number;
  /** Tokens of both, by the counter, calibrated. */
  readonly tokens: number;
  /** The text to be read. Only with `telemetry.content`. */
  readonly transcript?: string;
}

/** The summary is in the log. */
export interface RunCommitted extends RunEventBase {
  readonly kind: "committed";
  readonly summaryId: string;
  readonly version: number;
  readonly trigger: string;
  readonly strategy: string;
  /** The window just before the commit and just after it. */
  readonly before: WindowSize;
  readonly after: WindowSize;
  /** What left the window: events, and earlier summaries. With `keptEvents` it is `before.events`. */
  readonly foldedEvents: number;
  /** What stayed: all of the window but the new summary. */
  readonly keptEvents: number;
  /** Tokens of what left the window. */
  readonly foldedTokens: number;
  /** Tokens of the summary's text. */
  readonly summaryTokens: number;
  /** By how many percent the window got shorter, in events. */
  readonly compressionRatio: number;
  /** Model that wrote it; null where none did. */
  readonly model: string | null;
  /** What the provider billed; null where it did not say. */
  readonly usage: SummaryUsage | null;
  /** Calls of a model in all, those that failed as well; parts of a long text that were summarised; calls made again. */
  readonly calls: number;
  readonly parts: number;
  readonly retries: number;
  /** Milliseconds that writing the text took. */
  readonly durationMs: number;
  /** Milliseconds of the whole run, trigger and commit included. */
  readonly elapsedMs: number;
  /** The summary's text. Only with `telemetry.content`. */
  readonly text?: string;
}

/** There was nothing to do, or it was called off. */
export interface RunSkipped extends RunEventBase {
  readonly kind: "skipped";
  readonly reason: SkipReason;
  /** What the trigger saw, where one was asked. */
  readonly explanation?: TriggerExplanation;
  /** Milliseconds of the whole run. */
  readonly elapsedMs: number;
}

/** It was tried and failed. */
export interface RunFailed extends RunEventBase {
  readonly kind: "failed";
  /** The error's code; "unexpected" for one that is none of ours and is thrown on. */
  readonly code: string;
  /** Whether it may pass by itself. */
  readonly transient: boolean;
  /** Status of the provider's HTTP answer, where there was one. */
  readonly status: number | undefined;
  readonly calls: number;
  readonly retries: number;
  /** Milliseconds of the whole run. */
  readonly elapsedMs: number;
  /** The error, which may quote what was sent. Only with `telemetry.content`. */
  readonly error?: unknown;
}

/** A call of a model failed and will be made again. */
export interface RunRetried extends RunEventBase {
  readonly kind: "retried";
  /** The call that failed, from 1; each part of a long text counts for itself. */
  readonly attempt: number;
  /** Milliseconds until the next one. */
  readonly waitMs: number;
  readonly failure: FailureKind;
  /** Status of the HTTP answer, where there was one. */
  readonly status: number | undefined;
  /** The provider's error. Only with `telemetry.content`. */
  readonly error?: unknown;
}

/** A summarizer failed and the next in line is asked. */
export interface RunFellBack extends RunEventBase {
  readonly kind: "fell-back";
  /** Name of the summarizer that failed, and of the one that is asked now. */
  readonly from: string;
  readonly to: string;
  /** What was wrong: the call, the answer, or a breaker that let nothing through. */
  readonly failure: FailureKind | UnusableCode | "breaker-open";
  readonly status: number | undefined;
  /** What the first one failed with. Only with `telemetry.content`. */
  readonly error?: unknown;
}

/**
 * A circuit breaker changed its state. It is told once, by the run that changed it, though the breaker is one for all
 * sessions; where the run met its deadline it comes after `failed`.
 */
export interface RunBreaker extends RunEventBase {
  readonly kind: "breaker";
  readonly state: BreakerState;
  /** Name of the summarizer behind it, and of its model; null where it has none. */
  readonly summarizer: string;
  readonly model: string | null;
}

/**
 * What happens in a run, one event at a time and in order. Each run ends with exactly one of `committed`, `skipped` and
 * `failed`. No event carries content unless `telemetry.content` asks for it.
 */
export type RunEvent =
  | RunStarted
  | RunCommitted
  | RunSkipped
  | RunFailed
  | RunRetried
  | RunFellBack
  | RunBreaker;
