import { copyEvent } from "../events/create-event.ts";
import { isConversationEvent, type SessionEvent } from "../events/session-event.ts";
import { renderEvent } from "../events/transcript.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { describe, requireObject } from "../shared/validate.ts";
import type { FoldedLog } from "../summaries/fold.ts";

/** What to look for. */
export interface SearchQuery {
  /** Words that must all stand in one event, in any case. */
  readonly text: string;
  /** Most results; default 20. */
  readonly limit?: number | undefined;
}

/** An event that was found. */
export interface SearchResult {
  readonly event: SessionEvent;
  /** The effective summary that covers it; absent while the event is in the window. */
  readonly summaryId?: string;
}

const DEFAULT_LIMIT = 20;

/** The words of a query, in lower case, and how many results are wanted. */
export interface SearchWords {
  readonly words: readonly string[];
  readonly limit: number;
}

/** Whether an event can be found by its text: one of the conversation. */
export function isSearchable(event: SessionEvent): boolean {
  return isConversationEvent(event);
}

/** What an event is searched by: its lines in a transcript, in lower case. */
export function searchText(event: SessionEvent): string {
  return renderEvent(event).toLowerCase();
}

/** Whether an event can be found by its text and has every one of the words (in lower case) in it. */
export function matchesWords(event: SessionEvent, words: readonly string[]): boolean {
  if (!isSearchable(event)) return false;
  const text = searchText(event);
  return words.every((word) => text.includes(word));
}

/**
 * The words that a query asks for.
 * @throws ConfigurationError for a blank query or a limit that is not an integer above 0.
 */
export function searchWords(query: string | SearchQuery): SearchWords {
  if (typeof query !== "string") requireObject("query", query);
  const { text, limit = DEFAULT_LIMIT }: SearchQuery = typeof query === "string" ? { text: query } : query;
  if (typeof text !== "string" || text.trim() === "") {
    throw new ConfigurationError("Expected `query` to be a text to look for, got a blank one");
  }
  if (!Number.isInteger(limit) || limit < 1) {
    throw new ConfigurationError(`Expected \`limit\` to be an integer above 0, got ${describe(limit)}`);
  }
  return { words: text.toLowerCase().split(/\s+/).filter(Boolean), limit };
}

/** Finds events of the raw log by their text, latest first, whether or not they are folded. */
export function searchLog(log: FoldedLog, { words, limit }: SearchWords): readonly SearchResult[] {
  const results: SearchResult[] = [];
  for (let at = log.events.length - 1; at >= 0 && results.length < limit; at--) {
    const event = log.events[at];
    if (event !== undefined && matchesWords(event, words)) results.push(foundIn(log, event));
  }
  return results;
}

/** Whether the log can tell which summary hides an event that was found elsewhere. */
export function canPlace(log: FoldedLog, { id, seq }: SessionEvent): boolean {
  const isMissing = log.missingCover !== undefined && seq <= (log.resumedAt ?? -1);
  return log.get(id) !== undefined || isMissing;
}

/** A found event with the summary that hides it. */
export function foundIn(log: FoldedLog, event: SessionEvent): SearchResult {
  const isKnown = log.get(event.id) !== undefined;
  const hidden = log.isHidden(event) ? log.coveringSummary(event.id) : undefined;
  const summary = isKnown ? hidden : log.missingCover;
  return { event: copyEvent(event), ...(summary !== undefined && { summaryId: summary.id }) };
}
