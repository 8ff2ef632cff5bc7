import type { Session, SessionEvent, SessionKey } from "@sessionfold/core";
import { eventOfRow, type StateRow, stateOfRows } from "@sessionfold/core/storage";
import type { Connection } from "./connection.ts";
import { FIND_SESSION, FIND_STATE, SET_STATE } from "./statements.ts";

/** A key as statements are given it. */
export interface KeyParameters {
  readonly app: string;
  readonly user: string;
  readonly session: string;
  readonly [name: string]: string;
}

/** A stored event. */
export interface EventRow {
  readonly seq: number;
  readonly id: string;
  readonly format: number;
  readonly body: string;
  readonly counter: string | null;
  readonly tokens: number | null;
}

/** A stored session, without state and log. */
export interface SessionRow {
  readonly incarnation: string;
  readonly nextSeq: number;
  readonly lastUpdateTime: number;
}

interface StoredStateRow {
  readonly isApp: number;
  readonly isShared: number;
  readonly name: string;
  readonly value: string;
}

/** The key as parameters. */
export function keyParameters({ appName, userId, sessionId }: SessionKey): KeyParameters {
  return { app: appName, user: userId, session: sessionId };
}

/** The row of a session, or undefined. */
export function findSession(connection: Connection, key: SessionKey): SessionRow | undefined {
  return connection.get<SessionRow>(FIND_SESSION, keyParameters(key));
}

/** What a session shows of its row. */
export type ShownRow = Pick<SessionRow, "incarnation" | "lastUpdateTime">;

/** A session as it is handed out. */
export function sessionOf(
  connection: Connection,
  key: SessionKey,
  row: ShownRow,
  events: SessionEvent[],
): Session {
  return sessionWith(stateOf(connection, key), key, row, events);
}

/** A session with its state, as it is handed out. */
export function sessionWith(
  state: Record<string, unknown>,
  key: SessionKey,
  { lastUpdateTime, incarnation }: ShownRow,
  events: SessionEvent[],
): Session {
  return { ...key, id: key.sessionId, state, events, lastUpdateTime, incarnation };
}

/** Writes entries of state to where they reach. */
export function writeState(connection: Connection, key: SessionKey, rows: readonly StateRow[]): void {
  for (const { scope, name, value } of rows) {
    connection.run(SET_STATE, {
      app: key.appName,
      // Empty for all users, or all sessions; keys are never empty.
      user: scope === "app" ? "" : key.userId,
      session: scope === "session" ? key.sessionId : "",
      name,
      value,
    });
  }
}

/** The events of rows. */
export function eventsOf(rows: readonly EventRow[]): SessionEvent[] {
  return rows.map(eventOfRow);
}

function stateOf(connection: Connection, key: SessionKey): Record<string, unknown> {
  const rows = connection.all<StoredStateRow>(FIND_STATE, keyParameters(key));
  return stateOfRows(
    rows.map(({ isApp, isShared, name, value }) => ({
      scope: isApp === 1 ? "app" : isShared === 1 ? "user" : "session",
      name,
      value,
    })),
  );
}
