import type { Session, SessionEvent } from "@sessionfold/core";
import { StoredDataError } from "@sessionfold/core";
import {
  eventOfRow,
  type SessionKey,
  type StateRow,
  type StateScope,
  stateOfRows,
} from "@sessionfold/core/storage";

type Row = Readonly<Record<string, unknown>>;

const SCOPES: Readonly<Record<string, StateScope>> = { app: "app", user: "user", own: "session" };

/** A session as a read found it; null without the row of the session itself. */
export function sessionOfRows(key: SessionKey, rows: readonly Row[]): Session | null {
  const head = rows.find(({ kind }) => kind === "session");
  if (head === undefined) return null;
  const events = rows.filter(({ kind }) => kind === "event").map(eventOf);
  return {
    ...key,
    id: key.sessionId,
    state: stateOfRows(stateIn(rows)),
    // In order already; what sorts the rows of a union is the plan of the moment.
    events: events.sort((a, b) => a.seq - b.seq),
    lastUpdateTime: Number(head.number),
    incarnation: String(head.name),
  };
}

/** A session of a list, without its events. */
export function listedSession(appName: string, row: Row): Session {
  const [userId, sessionId] = [String(row.user_id), String(row.session_id)];
  const state = JSON.parse(String(row.state ?? "[]")) as readonly (readonly [StateScope, string, string])[];
  return {
    appName,
    userId,
    sessionId,
    id: sessionId,
    state: stateOfRows(state.map(([scope, name, value]) => ({ scope, name, value }))),
    events: [],
    lastUpdateTime: Number(row.last_update_time),
    incarnation: String(row.incarnation),
  };
}

/** The entries of state among the rows of a read. */
export function stateIn(rows: readonly Row[]): readonly StateRow[] {
  return rows.flatMap(({ kind, name, body }) => {
    const scope = SCOPES[String(kind)];
    return scope === undefined ? [] : [{ scope, name: String(name), value: String(body) }];
  });
}

/** The event of a row. @throws StoredDataError */
export function eventOf(row: Row): SessionEvent {
  return eventOfRow({
    seq: integerOf(row.seq),
    format: integerOf(row.format),
    body: String(row.body),
  });
}

/** An integer of the database, which `pg` gives as text where it has 64 bits. @throws StoredDataError past 2^53 */
export function integerOf(value: unknown): number {
  const integer = Number(value);
  if (Number.isSafeInteger(integer)) return integer;
  throw new StoredDataError("Expected an integer of the database to be below 2^53");
}
