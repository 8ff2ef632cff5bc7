import {
  AppendConflictError,
  type AppendEventRequest,
  LeaseLostError,
  type SessionEvent,
  SessionNotFoundError,
  StoreError,
} from "@sessionfold/core";
import {
  type Clock,
  createEvent,
  EVENT_FORMAT,
  eventOfRow,
  handToCaller,
  requireObject,
  type SessionKey,
  withoutTemporaryState,
} from "@sessionfold/core/storage";
import type { Database, Query } from "./database.ts";
import { bodyOf } from "./event-body.ts";
import { requireToken } from "./leases.ts";
import { requireEventId, requireName, storableKey } from "./names.ts";
import { storedSearchText } from "./search-text.ts";
import { eventOf, integerOf } from "./session-rows.ts";
import { changeOfState, stateValues } from "./state-values.ts";
import { isDuplicate } from "./store-errors.ts";

/** Each try but the last was undone by another call at the very moment; more than a few of them are no accident. */
const MOST_TRIES = 20;

type Condition = NonNullable<AppendEventRequest["condition"]>;

/** What one attempt to store gave: a position, or none, and whether the lease was found to be another's. */
interface Attempt {
  readonly seq?: number;
  readonly isLeaseLost?: boolean;
}

/** Stores an event at the end of the log. */
export async function appendEvent(
  database: Database,
  clock: Clock,
  request: AppendEventRequest,
): Promise<SessionEvent> {
  requireObject("request", request);
  const { session, condition = {} } = request;
  const key = storableKey(session);
  const { appName, userId, sessionId } = key;
  const event = createEvent(withoutTemporaryState(request.event), 0, clock);
  if (event.partial === true) return { ...event, seq: await nextSeq(database, key) };
  requireEventId("event.id", event.id);
  if (condition.lease !== undefined) {
    requireName("condition.lease.name", condition.lease.name);
    requireToken(condition.lease.token);
  }
  const body = bodyOf(event);
  const values = [
    ...[appName, userId, sessionId, event.id, EVENT_FORMAT, body, storedSearchText(event), clock()],
    ...[expectedSeq(condition), ...stateValues(key, changeOfState(event.actions.stateDelta))],
  ];
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { seq, isLeaseLost = false } = await database.run(
      { repeatable: true, transaction: condition.lease !== undefined },
      (query) => attempt(query, key, condition, values),
    );
    if (seq !== undefined)
      return handToCaller(session, eventOfRow({ seq, format: EVENT_FORMAT, body }), true);
    const known = await reason(database, key, event.id, condition);
    if (known !== undefined) return handToCaller(session, known, false);
    if (isLeaseLost) throw new LeaseLostError(sessionId);
  }
  throw new StoreError(
    "store-busy",
    "Other calls changed the session at each of many attempts to append to it",
  );
}

/** A position that no log ends at, where what was asked for is none. */
function expectedSeq({ lastSeq }: Condition): number | null {
  if (lastSeq === undefined) return null;
  return Number.isSafeInteger(lastSeq) ? lastSeq : -2;
}

async function attempt(
  query: Query,
  { appName, userId, sessionId }: SessionKey,
  { lease }: Condition,
  values: readonly unknown[],
): Promise<Attempt> {
  if (lease !== undefined) {
    // The session before its lease, as a deletion does. Whoever takes the lease from now on waits until this is stored.
    await query("lockSession", [appName, userId, sessionId]);
    const [newest] = await query("leaseToken", [appName, userId, sessionId, lease.name]);
    if (newest === undefined || integerOf(newest.token) !== lease.token) return { isLeaseLost: true };
  }
  try {
    const [stored] = await query("appendEvent", values);
    return stored === undefined ? {} : { seq: integerOf(stored.seq) };
  } catch (error) {
    // Another call stored the same id since this statement looked; all of the statement is undone.
    if (isDuplicate(error)) return {};
    throw error;
  }
}

/**
 * Why an event was not stored. The event of that id if there is one, else undefined: nothing hinders it any more.
 * @throws SessionNotFoundError, AppendConflictError
 */
async function reason(
  database: Database,
  { appName, userId, sessionId }: SessionKey,
  id: string,
  { lastSeq }: Condition,
): Promise<SessionEvent | undefined> {
  const [found] = await database.run({ repeatable: true }, (query) =>
    query("whyNotAppended", [appName, userId, sessionId, id]),
  );
  if (found === undefined) throw new SessionNotFoundError(sessionId);
  if (found.body !== null) return eventOf(found);
  if (lastSeq !== undefined && lastSeq !== integerOf(found.last_seq))
    throw new AppendConflictError(sessionId);
  return undefined;
}

/** Position that the next entry would have. @throws SessionNotFoundError */
async function nextSeq(database: Database, { appName, userId, sessionId }: SessionKey): Promise<number> {
  const [found] = await database.run({ repeatable: true }, (query) =>
    query("incarnation", [appName, userId, sessionId]),
  );
  if (found === undefined) throw new SessionNotFoundError(sessionId);
  return integerOf(found.next_seq);
}
