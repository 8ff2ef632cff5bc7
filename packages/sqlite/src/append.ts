import {
  type AppendCondition,
  AppendConflictError,
  InvalidEventError,
  LeaseLostError,
  type SessionEvent,
  type SessionKey,
  SessionNotFoundError,
} from "@sessionfold/core";
import {
  EVENT_FORMAT,
  eventBody,
  eventOfRow,
  isSearchable,
  type StateRow,
  searchText,
  stateRows,
} from "@sessionfold/core/storage";
import type { Connection } from "./connection.ts";
import { type EventRow, findSession, keyParameters, writeState } from "./rows.ts";
import { indexedText } from "./search-terms.ts";
import { ADD_EVENT, EVENT_BY_ID, FIND_LEASE, INDEX_EVENT, LAST_SEQ, TOUCH_SESSION } from "./statements.ts";
import { requireStorable, requireStorableId } from "./storable.ts";

/** An event as it is written. */
export interface WritableEvent {
  readonly id: string;
  readonly body: string;
  /** Absent: it cannot be found by its text. */
  readonly text: string | undefined;
}

/** What is to be stored. */
export interface Append {
  readonly event: WritableEvent;
  readonly state: readonly StateRow[];
  readonly condition: AppendCondition | undefined;
  readonly time: () => number;
}

/** The event as it is written. @throws InvalidEventError for one that JSON, or SQLite, cannot hold */
export function writableEvent(event: SessionEvent, field: string): WritableEvent {
  requireStorableId(`${field}.id`, event.id);
  const body = bodyOf(event, field);
  return { id: event.id, body, text: isSearchable(event) ? indexedText(searchText(event)) : undefined };
}

/** The changes of state that an event brings. @throws InvalidEventError for a key that SQLite cannot hold */
export function writableState(event: SessionEvent): readonly StateRow[] {
  const rows = stateRows(event.actions.stateDelta ?? {});
  for (const { name } of rows) requireStorableId("a key of event.actions.stateDelta", name);
  return rows;
}

/** The rows of a first state. @throws ConfigurationError for a key that SQLite cannot hold */
export function firstState(state: Readonly<Record<string, unknown>>): readonly StateRow[] {
  const rows = stateRows(state);
  for (const { name } of rows) requireStorable("a key of state", name);
  return rows;
}

/**
 * Stores an event behind all others, or answers with the one that its id has already.
 * @throws SessionNotFoundError, AppendConflictError, LeaseLostError
 */
export function appendEvent(
  connection: Connection,
  key: SessionKey,
  { event, state, condition, time }: Append,
): { readonly stored: SessionEvent; readonly isNew: boolean } {
  const session = findSession(connection, key);
  if (session === undefined) throw new SessionNotFoundError(key.sessionId);
  const known = connection.get<EventRow>(EVENT_BY_ID, { ...keyParameters(key), id: event.id });
  if (known !== undefined) return { stored: eventOfRow(known), isNew: false };
  if (condition !== undefined) requireCondition(connection, key, condition);
  const seq = session.nextSeq;
  addEvent(connection, key, seq, event);
  connection.run(TOUCH_SESSION, { ...keyParameters(key), nextSeq: seq + 1, time: time() });
  writeState(connection, key, state);
  return { stored: eventOfRow({ seq, format: EVENT_FORMAT, body: event.body }), isNew: true };
}

/** Writes an event at a position. */
export function addEvent(connection: Connection, key: SessionKey, seq: number, event: WritableEvent): void {
  const { id, body, text } = event;
  const at = { ...keyParameters(key), seq };
  connection.run(ADD_EVENT, { ...at, id, format: EVENT_FORMAT, body });
  if (text !== undefined) connection.run(INDEX_EVENT, { ...at, text });
}

function requireCondition(connection: Connection, key: SessionKey, condition: AppendCondition): void {
  const { lastSeq, lease } = condition;
  if (lastSeq !== undefined) {
    const last = connection.get<{ seq: number }>(LAST_SEQ, keyParameters(key))?.seq ?? -1;
    if (last !== lastSeq) throw new AppendConflictError(key.sessionId);
  }
  if (lease !== undefined) {
    const { name, token } = lease;
    const latest = connection.get<{ token: number }>(FIND_LEASE, { ...keyParameters(key), name });
    if (latest?.token !== token) throw new LeaseLostError(key.sessionId);
  }
}

function bodyOf(event: SessionEvent, field: string): string {
  try {
    return eventBody(event);
  } catch {
    // Without its cause: the error of JSON quotes keys.
    throw new InvalidEventError(`Expected \`${field}\` to be what JSON can hold`);
  }
}
