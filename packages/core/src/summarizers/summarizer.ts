import type { SessionEvent } from "../events/session-event.ts";
import type { SessionSummary, SummaryUsage } from "../summaries/session-summary.ts";
import type { TokenCounter } from "../tokens/token-counter.ts";
import type { SummarizerObserver } from "./summarizer-observer.ts";

/** What a summarizer is called with. */
export interface SummarizerRequest {
  /** Identity of this request; the summary that comes of it has the same id. */
  readonly id: string;
  /** Events to read, in log order. */
  readonly events: readonly SessionEvent[];
  /** Summaries whose place the new one takes. Their content must live on in it. */
  readonly previous: readonly SessionSummary[];
  /**
   * The events behind `previous`, in log order; none without one. Null where some of them were pruned. Gathered when it
   * is called.
   */
  readonly history: () => readonly SessionEvent[] | null;
  /** The text to read: what was said and done, or, for a merge, the summaries of the parts. */
  readonly transcript: string;
  /** The same in pieces that belong together, one a message or a part. */
  readonly blocks: readonly string[];
  /**
   * What `transcript` is: `whole` for all that is to be summarised, `part` for a stretch of what is too long for one call,
   * `merge` for the summaries of such stretches. `events` are always all of them.
   */
  readonly purpose: "whole" | "part" | "merge";
  /** How long the summary should be, in tokens; undefined: as `maxLength` says, else as the summarizer sees fit. */
  readonly targetTokens: number | undefined;
  /** How long the summary may be, in characters (UTF-16 units); what is longer is cut. Null: no limit. */
  readonly maxLength: number | null;
  /** Counts tokens as the session's statistics do. */
  readonly counter: TokenCounter;
  /** Aborted at the deadline and when the caller gives up. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline; null without one. */
  readonly timeLeft: () => number | null;
  /** Told what happens on the way. `chatModelSummarizer` and what is built on it tell it of each call of their model. */
  readonly observer?: SummarizerObserver | undefined;
  /** Nobody waits for it: timers of a summarizer should keep no process alive. Default false. */
  readonly isDetached?: boolean | undefined;
}

/** What a summarizer answers. */
export interface SummarizerResult {
  /** The summary. Empty or blank counts as a failure. */
  readonly text: string;
  /** Model that wrote it; null where none did. Default: the summarizer's. */
  readonly model?: string | null;
  /** What the provider billed for it. */
  readonly usage?: SummaryUsage | null;
  /** Kept with the summary. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Turns events, and the summaries before them, into text. */
export interface Summarizer {
  readonly name: string;
  /** Name of the model behind it; null where there is none. */
  readonly model: string | null;
  /** Tokens that the model's context window holds, where it is known. */
  readonly contextWindow?: number | undefined;
  /** True for one that reads `events` and `history`, however many, instead of `transcript`: it needs no parts. */
  readonly readsEvents?: boolean;
  /** Writes the summary. A rejection is a failure: the session stays as it is. */
  summarize(request: SummarizerRequest): Promise<SummarizerResult>;
}

/** A summarizer that presents itself as another one and does something more. */
export function around(inner: Summarizer, summarize: Summarizer["summarize"]): Summarizer {
  return {
    name: inner.name,
    model: inner.model,
    contextWindow: inner.contextWindow,
    readsEvents: inner.readsEvents === true,
    summarize,
  };
}
