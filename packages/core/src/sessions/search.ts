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

/**
 * Finds events of the raw log by their text, latest first, whether or not they are folded.
 * @throws ConfigurationError for a blank query or a limit that is not an integer above 0.
 */
export function searchLog(log: FoldedLog, query: string | SearchQuery): readonly SearchResult[] {
  if (typeof query !== "string") requireObject("query", query);
  const { text, limit = DEFAULT_LIMIT }: SearchQuery = typeof query === "string" ? { text: query } : query;
  if (typeof text !== "string" || text.trim() === "") {
    throw new ConfigurationError("Expected `query` to be a text to look for, got a blank one");
  }
  if (!Number.isInteger(limit) || limit < 1) {
    throw new ConfigurationError(`Expected \`limit\` to be an integer above 0, got ${describe(limit)}`);
  }
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const results: SearchResult[] = [];
  for (let at = log.events.length - 1; at >= 0 && results.length < limit; at--) {
    const event = log.events[at];
    if (event === undefined || !isConversationEvent(event)) continue;
    const haystack = renderEvent(event).toLowerCase();
    if (!words.every((word) => haystack.includes(word))) continue;
    const summaryId = log.isHidden(event) ? log.coveringSummary(event.id)?.id : undefined;
    results.push({ event: copyEvent(event), ...(summaryId !== undefined && { summaryId }) });
  }
  return results;
}
