import { type ImportSessionRequest, SessionExistsError, type SessionKey } from "@sessionfold/core";
import { checkedImport, randomId, type StateRow } from "@sessionfold/core/storage";
import { addEvent, firstState, type WritableEvent, writableEvent } from "./append.ts";
import type { Connection } from "./connection.ts";
import { findSession, keyParameters, writeState } from "./rows.ts";
import { ADD_SESSION } from "./statements.ts";
import { storableKey } from "./storable.ts";

/** A session as it is written. */
export interface WritableSession {
  readonly key: SessionKey;
  readonly state: readonly StateRow[];
  readonly events: readonly { readonly seq: number; readonly event: WritableEvent }[];
  readonly lastUpdateTime: number;
}

/** The session as it is written. @throws ConfigurationError, InvalidEventError */
export function writableSession(request: ImportSessionRequest): WritableSession {
  const { key, state, events, lastUpdateTime } = checkedImport(request);
  return {
    key: storableKey(key),
    // All of it is the session's own, whatever prefix a name has.
    state: firstState(state).map((row) => ({ ...row, scope: "session" })),
    events: events.map((event, at) => ({ seq: event.seq, event: writableEvent(event, `events[${at}]`) })),
    lastUpdateTime,
  };
}

/** Stores a session as it is. @throws SessionExistsError */
export function importSession(connection: Connection, session: WritableSession): void {
  const { key, state, events, lastUpdateTime: time } = session;
  if (findSession(connection, key) !== undefined) throw new SessionExistsError(key.sessionId);
  const nextSeq = (events.at(-1)?.seq ?? -1) + 1;
  connection.run(ADD_SESSION, { ...keyParameters(key), incarnation: randomId(), nextSeq, time });
  for (const { seq, event } of events) addEvent(connection, key, seq, event);
  writeState(connection, key, state);
}
