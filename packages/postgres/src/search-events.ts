import { ConfigurationError, type SearchingService, type SessionEvent } from "@sessionfold/core";
import { describe, matchesWords } from "@sessionfold/core/storage";
import type { Database } from "./database.ts";
import { storableKey } from "./names.ts";
import { searchPattern } from "./search-text.ts";
import { eventOf } from "./session-rows.ts";

/** Candidates in one statement: as many as are wanted at first, and more where they were none. */
const MOST_CANDIDATES = 200;
const MORE = 4;

type SearchRequest = Parameters<SearchingService["searchEvents"]>[0];

/** Events with every one of the words in them, latest first. What the index finds is looked at once more. */
export async function searchEvents(
  database: Database,
  request: SearchRequest,
): Promise<readonly SessionEvent[]> {
  const { appName, userId, sessionId } = storableKey(request);
  const { words, limit } = request;
  if (!Array.isArray(words) || words.some((word) => typeof word !== "string"))
    throw new ConfigurationError(`Expected \`words\` to be a list of texts, got ${describe(words)}`);
  if (!Number.isInteger(limit) || limit < 1)
    throw new ConfigurationError(`Expected \`limit\` to be an integer above 0, got ${describe(limit)}`);
  const [longest = "%", ...others] = words.map(searchPattern).sort((a, b) => b.length - a.length);
  let size = Math.min(limit, MOST_CANDIDATES);
  const found: SessionEvent[] = [];
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const values = [appName, userId, sessionId, before, longest, others, size];
    const rows = await database.run({ repeatable: true }, (query) => query("searchEvents", values));
    for (const event of rows.map(eventOf)) {
      before = event.seq;
      if (matchesWords(event, words)) found.push(event);
      if (found.length === limit) return found;
    }
    if (rows.length < size) return found;
    size = Math.min(size * MORE, MOST_CANDIDATES);
  }
}
