import type { SessionEvent } from "../events/session-event.ts";
import type { SummarizeError } from "../shared/errors.ts";
import type { SessionSummary } from "../summaries/session-summary.ts";
import type { TriggerExplanation } from "../triggers/trigger.ts";

/** Why nothing was summarised, and nothing had to be. `busy`: another process that shares the store is at it. */
export type SkipReason =
  | "not-triggered"
  | "nothing-to-summarise"
  | "nothing-new"
  | "disabled"
  | "no-gain"
  | "breaker-open"
  | "vetoed"
  | "busy"
  | "aborted";

/** A summary was committed. */
export interface Summarized {
  readonly kind: "summarized";
  readonly summary: SessionSummary;
  /** Why the trigger fired; absent for a forced summary. */
  readonly explanation?: TriggerExplanation;
  /** Size of the window just before the commit and just after it. */
  readonly before: WindowSize;
  readonly after: WindowSize;
  /** The window with the summary in it. */
  readonly window: readonly SessionEvent[];
}

/** There was nothing to do, or it was called off. The session is as it was. */
export interface Skipped {
  readonly kind: "skipped";
  readonly reason: SkipReason;
  /** What the trigger saw, where one was asked. */
  readonly explanation?: TriggerExplanation;
}

/** It was tried and failed. The session is as it was. */
export interface Failed {
  readonly kind: "failed";
  readonly error: SummarizeError;
}

/** What became of an attempt to summarise. Nothing is ever thrown for what a model or a store does. */
export type SummarizeOutcome = Summarized | Skipped | Failed;

/** How much a window holds. */
export interface WindowSize {
  /** Events and summaries; placeholders and the opening line do not count. */
  readonly events: number;
  /** Tokens of these, by the counter, calibrated. */
  readonly tokens: number;
}
