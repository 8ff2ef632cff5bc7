import { setImmediate as othersTurn } from "node:timers/promises";
import { ConfigurationError, type SessionEvent, type SessionKey } from "@sessionfold/core";
import { describe, eventOfRow, matchesWords } from "@sessionfold/core/storage";
import type { Connection } from "./connection.ts";
import { type EventRow, findSession, keyParameters } from "./rows.ts";
import { matchOf } from "./search-terms.ts";
import { EVENTS_BEFORE, MATCHING_EVENTS, ROWS_BEFORE } from "./statements.ts";

/** Events that are read and looked at in one go, between which others may use the process. */
const BATCH = 500;
/** Events of a session among which the index is asked in one go. */
const STRETCH = 1000;
/** Rows for each of those events, most of them of other sessions, up to which asking the index costs less than reading all of them. */
const SPREAD = 4;

/** What to look for. */
export interface EventSearch {
  /** In lower case; all of them must be in the text. */
  readonly words: readonly string[];
  /** Most events. */
  readonly limit: number;
}

/** @throws ConfigurationError for what cannot be looked for */
export function checkedSearch({ words, limit }: EventSearch): EventSearch {
  if (!Array.isArray(words) || words.some((word) => typeof word !== "string"))
    throw new ConfigurationError(`Expected \`words\` to be a list of texts, got ${describe(words)}`);
  if (!Number.isInteger(limit) || limit < 1)
    throw new ConfigurationError(`Expected \`limit\` to be an integer above 0, got ${describe(limit)}`);
  return { words: [...words], limit };
}

/** Some events of a session, latest first, and the position before which to go on; undefined at the end. */
interface Batch {
  readonly rows: readonly EventRow[];
  readonly next: number | undefined;
}

/**
 * Events whose text has all the words in it, latest first. The index names those that may have; all are looked at where
 * the words are too short for it, and where the events lie scattered among those of other sessions: the index is of all
 * sessions, and what they say must make no difference.
 */
export async function searchEvents(
  read: <T>(task: (connection: Connection) => T) => Promise<T>,
  key: SessionKey,
  { words, limit }: EventSearch,
): Promise<readonly SessionEvent[]> {
  const match = matchOf(words);
  const session = await read((connection) => findSession(connection, key));
  const found: SessionEvent[] = [];
  let from: number | undefined = session === undefined ? undefined : Infinity;
  while (from !== undefined && found.length < limit) {
    const before = from;
    const batch = await read((connection) => {
      // One that was made anew meanwhile is another session.
      if (findSession(connection, key)?.incarnation !== session?.incarnation) return END;
      return match === undefined
        ? eventsBefore(connection, key, before)
        : matchingBefore(connection, key, match, before);
    });
    for (const row of batch.rows) {
      const event = eventOfRow(row);
      if (matchesWords(event, words) && found.push(event) >= limit) break;
    }
    from = batch.next;
    if (from !== undefined) await othersTurn();
  }
  return found;
}

const END: Batch = { rows: [], next: undefined };

function eventsBefore(connection: Connection, key: SessionKey, seq: number): Batch {
  const rows = connection.all<EventRow>(EVENTS_BEFORE, { ...keyParameters(key), seq, limit: BATCH });
  return { rows, next: rows.length < BATCH ? undefined : rows.at(-1)?.seq };
}

/** Rows of events of a session grow with their positions, so a stretch of positions is one of rows as well. */
function matchingBefore(connection: Connection, key: SessionKey, match: string, seq: number): Batch {
  const parameters = keyParameters(key);
  const stretch = connection.get<Stretch>(ROWS_BEFORE, { ...parameters, seq, limit: STRETCH });
  if (stretch === undefined || stretch.first === null) return END;
  const { first, last, count } = stretch;
  if (last - first >= count * SPREAD) return eventsBefore(connection, key, seq);
  const rows = connection.all<EventRow>(MATCHING_EVENTS, { ...parameters, match, first, last, limit: BATCH });
  if (rows.length === BATCH) return { rows, next: rows.at(-1)?.seq };
  return { rows, next: count < STRETCH ? undefined : stretch.seq };
}

type Stretch =
  | { readonly first: null }
  | { readonly first: number; readonly last: number; readonly count: number; readonly seq: number };
