import type { FoldedSession, FoldSnapshot, SessionKey, TokenCounts } from "@sessionfold/core";
import { foldSnapshotSchema } from "@sessionfold/core/storage";
import type { Connection } from "./connection.ts";
import { type EventRow, eventsOf, findSession, keyParameters, sessionOf } from "./rows.ts";
import { EVENT_AT, EVENTS_BEHIND, FIND_SNAPSHOT, SET_SNAPSHOT, SET_TOKENS } from "./statements.ts";

/** What is to be kept. */
export interface Fold {
  readonly incarnation: string;
  readonly snapshot: FoldSnapshot | undefined;
  readonly tokens: TokenCounts | undefined;
}

/** The session with the events that its fold needs, and their token counts by that counter. */
export function readFolded(
  connection: Connection,
  key: SessionKey,
  counter: string | undefined,
): FoldedSession | null {
  const session = findSession(connection, key);
  if (session === undefined) return null;
  const { snapshot, kept } = usableSnapshot(connection, key);
  const behind = { ...keyParameters(key), seq: snapshot?.seq ?? -Infinity };
  const rows = [...kept, ...connection.all<EventRow>(EVENTS_BEHIND, behind)];
  return {
    ...sessionOf(connection, key, session, eventsOf(rows)),
    ...(snapshot !== undefined && { snapshot }),
    ...(counter !== undefined && { tokenCounts: countsOf(rows, counter) }),
  };
}

/** Keeps a snapshot and token counts of a session, unless it is gone or was made anew. */
export function saveFold(connection: Connection, key: SessionKey, fold: Fold): void {
  const { incarnation, snapshot, tokens } = fold;
  if (findSession(connection, key)?.incarnation !== incarnation) return;
  const parameters = keyParameters(key);
  if (snapshot !== undefined && snapshot.seq >= (storedSnapshot(connection, key)?.seq ?? -Infinity))
    connection.run(SET_SNAPSHOT, { ...parameters, snapshot: JSON.stringify(snapshot) });
  if (tokens === undefined) return;
  const { counter } = tokens;
  for (const [id, count] of tokens.counts)
    connection.run(SET_TOKENS, { ...parameters, id, counter, tokens: count });
}

/** The snapshot with the events that it keeps. One whose events are not all there any more is of no use. */
function usableSnapshot(
  connection: Connection,
  key: SessionKey,
): { readonly snapshot?: FoldSnapshot; readonly kept: readonly EventRow[] } {
  const snapshot = storedSnapshot(connection, key);
  if (snapshot === undefined) return { kept: [] };
  const kept: EventRow[] = [];
  for (const seq of [...new Set(snapshot.keep)].sort((one, other) => one - other)) {
    const row = connection.get<EventRow>(EVENT_AT, { ...keyParameters(key), seq });
    if (row === undefined || seq > snapshot.seq) return { kept: [] };
    kept.push(row);
  }
  return { snapshot, kept };
}

/** The snapshot, or undefined where there is none that can be read: what it tells follows from the log as well. */
function storedSnapshot(connection: Connection, key: SessionKey): FoldSnapshot | undefined {
  const json =
    connection.get<{ snapshot: string | null }>(FIND_SNAPSHOT, keyParameters(key))?.snapshot ?? null;
  if (json === null) return undefined;
  try {
    return foldSnapshotSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

function countsOf(rows: readonly EventRow[], counter: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    if (row.counter === counter && row.tokens !== null) counts.set(row.id, row.tokens);
  }
  return counts;
}
