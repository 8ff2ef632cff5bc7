import type { SummarizeOutcome } from "../engine/outcome.ts";
import type { SummarizeOptions, SummarizerMetadata } from "../engine/session-summarizer.ts";
import type { EventInput } from "../events/create-event.ts";
import type { SessionEvent } from "../events/session-event.ts";
import type { SessionRef } from "../events/session-key.ts";
import type { SessionSummary, SummaryStatus } from "../summaries/session-summary.ts";
import type { MarkRequest } from "./mark-request.ts";
import type { SearchQuery, SearchResult } from "./search.ts";
import type { SessionService } from "./session-service.ts";
import type { ImportSessionRequest } from "./store-capabilities.ts";

/** A summary of a session with what became of it. */
export interface ListedSummary {
  readonly summary: SessionSummary;
  readonly status: SummaryStatus;
}

/** What `prune` may delete. */
export interface PruneOptions {
  /** Only events that this summary covers. */
  readonly summaryId?: string | undefined;
  /** Only events older than this, in milliseconds since the epoch. */
  readonly before?: number | undefined;
}

/** A session service whose sessions fold. */
export interface SummarizingSessionService extends SessionService {
  /** Model, limits and keep policy of its summarizer. */
  readonly metadata: SummarizerMetadata;
  /**
   * Folds the session if its trigger fires, or at once with `force`. A call on a session and scope that is being folded
   * joins that run. Never throws for what a model or a store does.
   * @throws ConfigurationError for an invalid override, SessionNotFoundError
   */
  summarize(session: SessionRef, options?: SummarizeOptions): Promise<SummarizeOutcome>;
  /** Summarises a plain list of events with the same options, without the store. */
  summarizeEvents(events: readonly EventInput[], options?: SummarizeOptions): Promise<SummarizeOutcome>;
  /** The latest effective summary of the session, or of a scope of it; null without one, or without the session. */
  getSummary(
    session: SessionRef,
    options?: { readonly scope?: string | undefined },
  ): Promise<SessionSummary | null>;
  /** Every summary of the session in log order; empty without the session. */
  listSummaries(session: SessionRef): Promise<readonly SessionSummary[]>;
  /** The same with what became of each. */
  listSummaryStatus(session: SessionRef): Promise<readonly ListedSummary[]>;
  /**
   * The events that a summary stands for, in log order, exactly as they were appended.
   * @throws SessionNotFoundError, SummaryNotFoundError, EventsPrunedError
   */
  unfold(session: SessionRef, summaryId: string): Promise<readonly SessionEvent[]>;
  /**
   * Pins, skips or hides by appending a note; `un...` takes it back. Hiding a summary undoes it. Returns the note.
   * @throws SessionNotFoundError, ConfigurationError for an id of the wrong sort, EventsPrunedError
   */
  mark(session: SessionRef, request: MarkRequest): Promise<SessionEvent>;
  /**
   * Finds events by their text, latest first, folded or not.
   * @throws SessionNotFoundError, ConfigurationError for a blank query
   */
  search(session: SessionRef, query: string | SearchQuery): Promise<readonly SearchResult[]>;
  /**
   * Deletes events that an effective summary covers, and nothing else. They cannot be unfolded afterwards.
   * Returns their ids.
   * @throws SessionNotFoundError, SummaryNotFoundError, UnsupportedError where the store cannot delete events
   */
  prune(session: SessionRef, options?: PruneOptions): Promise<readonly string[]>;
  /**
   * Takes over a whole session, as `importSession` reads it from an export.
   * @throws SessionExistsError, InvalidEventError, UnsupportedError where the store cannot
   */
  importSession(request: ImportSessionRequest): Promise<void>;
  /** Waits for all folds that wait or run at the call. */
  flush(): Promise<void>;
  /**
   * Starts no more folds, waits for those under way, by default at most 10 seconds (`drainMs`, in milliseconds), and calls
   * off what is left. Appends and reads still work.
   */
  close(options?: { readonly drainMs?: number | undefined }): Promise<void>;
}
