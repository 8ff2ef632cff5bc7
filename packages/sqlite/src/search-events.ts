import { setImmediate as othersTurn } from "node:timers/promises";
import type { SessionEvent, SessionKey } from "@sessionfold/core";
import { eventOfRow, matchesWords } from "@sessionfold/core/storage";
import type { Connection } from "./connection.ts";
import { type EventRow, findSession, keyParameters } from "./rows.ts";
import { matchOf } from "./search-terms.ts";
import { EVENTS_BEFORE, MATCHING_EVENTS, ROWS_OF_SESSION } from "./statements.ts";

/** Events that are read and looked at in one go, between which others may use the process. */
const BATCH = 500;

/** What to look for. */
export interface EventSearch {
  /** In lower case; all of them must be in the text. */
  readonly words: readonly string[];
  /** Most events. */
  readonly limit: number;
}

/** Some events of a session, latest first, and from where to go on; undefined at the end. */
interface Batch {
  readonly rows: readonly EventRow[];
  readonly next: number | undefined;
}

/**
 * Events whose text has all the words in it, latest first. The index names those that may have, or all are looked at where
 * the words are too short for it.
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
        : matchingRows(connection, key, match, before);
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

/** Rows of events of a session grow with their positions, so the last one of a batch tells where the next begins. */
function matchingRows(connection: Connection, key: SessionKey, match: string, before: number): Batch {
  const parameters = keyParameters(key);
  const bounds = connection.get<{ first: number | null; last: number | null }>(ROWS_OF_SESSION, parameters);
  if (bounds === undefined || bounds.first === null || bounds.last === null) return END;
  const last = Math.min(bounds.last, before - 1);
  const asked = { ...parameters, match, first: bounds.first, last, limit: BATCH };
  const rows = connection.all<EventRow & { readonly row: number }>(MATCHING_EVENTS, asked);
  return { rows, next: rows.length < BATCH ? undefined : rows.at(-1)?.row };
}
