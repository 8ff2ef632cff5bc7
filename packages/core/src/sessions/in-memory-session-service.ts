import { copyEvent, createEvent } from "../events/create-event.ts";
import type { SessionEvent } from "../events/session-event.ts";
import { keyOf, keyString, type SessionKey } from "../events/session-key.ts";
import { type Clock, systemClock } from "../shared/clock.ts";
import { deepCopy } from "../shared/deep-copy.ts";
import { AppendConflictError, SessionExistsError, SessionNotFoundError } from "../shared/errors.ts";
import { randomId } from "../shared/ids.ts";
import { requireObject } from "../shared/validate.ts";
import { checkedAfterSeq } from "./after-seq.ts";
import { handToCaller } from "./hand-to-caller.ts";
import { checkedImport } from "./import-request.ts";
import { listPage } from "./list-request.ts";
import type {
  AppendEventRequest,
  CreateSessionRequest,
  EventDeletingService,
  GetSessionRequest,
  ListSessionsRequest,
  ListSessionsResponse,
  Session,
} from "./session-service.ts";
import { applyState, mergeState, type ScopedState, withoutTemporaryState } from "./state-scopes.ts";
import type {
  ConditionalAppendService,
  ImportingService,
  ImportSessionRequest,
} from "./store-capabilities.ts";

interface StoredSession {
  readonly key: SessionKey;
  /** Grows with every session made; what cursors are made of. */
  readonly ordinal: number;
  readonly incarnation: string;
  readonly state: ScopedState;
  readonly events: SessionEvent[];
  readonly ids: Map<string, SessionEvent>;
  nextSeq: number;
  lastUpdateTime: number;
}

/** Keeps sessions in the memory of this process. What it hands out are copies; its own data cannot be reached. */
export class InMemorySessionService
  implements EventDeletingService, ConditionalAppendService, ImportingService
{
  readonly supportsConditions = true;
  readonly #sessions = new Map<string, StoredSession>();
  readonly #appState = new Map<string, Map<string, unknown>>();
  readonly #userState = new Map<string, Map<string, unknown>>();
  readonly #clock: Clock;
  #made = 0;

  constructor(options: { readonly clock?: Clock | undefined } = {}) {
    this.#clock = options.clock ?? systemClock;
  }

  async createSession(request: CreateSessionRequest): Promise<Session> {
    requireObject("request", request);
    const key = keyOf({ ...request, sessionId: request.sessionId ?? randomId() });
    const id = keyString(key);
    if (this.#sessions.has(id)) throw new SessionExistsError(key.sessionId);
    const stored = this.#madeSession(key, this.#clock());
    applyState(stored.state, request.state ?? {});
    this.#sessions.set(id, stored);
    return view(stored, []);
  }

  /** The log of the session, whatever `view` says: a plain service folds nothing. */
  async getSession(request: GetSessionRequest): Promise<Session | null> {
    const stored = this.#sessions.get(keyString(keyOf(request)));
    const after = checkedAfterSeq(request.afterSeq);
    return stored === undefined ? null : view(stored, stored.events.slice(firstBehind(stored.events, after)));
  }

  async listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse> {
    const { appName, userId, after, limit } = listPage(request);
    const page: StoredSession[] = [];
    for (const stored of this.#sessions.values()) {
      if (stored.ordinal <= after || stored.key.appName !== appName) continue;
      if (userId !== undefined && stored.key.userId !== userId) continue;
      page.push(stored);
      if (page.length > limit) break;
    }
    const shown = page.slice(0, limit);
    const last = page.length > limit ? shown.at(-1) : undefined;
    return {
      sessions: shown.map((stored) => view(stored, [])),
      ...(last && { nextCursor: String(last.ordinal) }),
    };
  }

  async deleteSession(request: SessionKey): Promise<void> {
    this.#sessions.delete(keyString(keyOf(request)));
  }

  async appendEvent(request: AppendEventRequest): Promise<SessionEvent> {
    requireObject("request", request);
    const { session, event: input, condition } = request;
    const key = keyOf(session);
    const stored = this.#sessions.get(keyString(key));
    if (stored === undefined) throw new SessionNotFoundError(key.sessionId);
    const event = createEvent(withoutTemporaryState(input), stored.nextSeq, this.#clock);
    if (event.partial === true) return event;
    const known = stored.ids.get(event.id);
    if (known === undefined) {
      const lastSeq = stored.events.at(-1)?.seq ?? -1;
      if (condition?.lastSeq !== undefined && condition.lastSeq !== lastSeq)
        throw new AppendConflictError(key.sessionId);
      stored.nextSeq++;
      stored.events.push(event);
      stored.ids.set(event.id, event);
      stored.lastUpdateTime = this.#clock();
      applyState(stored.state, event.actions.stateDelta ?? {});
    }
    return handToCaller(session, known ?? event, known === undefined);
  }

  async importSession(request: ImportSessionRequest): Promise<void> {
    const { key, state, events, lastUpdateTime } = checkedImport(request);
    const id = keyString(key);
    if (this.#sessions.has(id)) throw new SessionExistsError(key.sessionId);
    this.#sessions.set(id, {
      ...this.#madeSession(key, lastUpdateTime),
      state: { ...this.#stateOf(key), session: new Map(Object.entries(deepCopy(state))) },
      events: [...events],
      ids: new Map(events.map((event) => [event.id, event])),
      nextSeq: (events.at(-1)?.seq ?? -1) + 1,
    });
  }

  async deleteEvents(request: SessionKey & { readonly eventIds: readonly string[] }): Promise<number> {
    const key = keyOf(request);
    const stored = this.#sessions.get(keyString(key));
    if (stored === undefined) throw new SessionNotFoundError(key.sessionId);
    const gone = new Set(request.eventIds.filter((id) => stored.ids.delete(id)));
    if (gone.size === 0) return 0;
    const kept = stored.events.filter((event) => !gone.has(event.id));
    stored.events.length = 0;
    for (const event of kept) stored.events.push(event);
    return gone.size;
  }

  #madeSession(key: SessionKey, lastUpdateTime: number): StoredSession {
    return {
      key,
      ordinal: ++this.#made,
      incarnation: randomId(),
      state: this.#stateOf(key),
      events: [],
      ids: new Map(),
      nextSeq: 0,
      lastUpdateTime,
    };
  }

  /** The app's and the user's state, which sessions share, with none of a session's own. */
  #stateOf({ appName, userId }: SessionKey): ScopedState {
    return {
      app: entryOf(this.#appState, appName),
      user: entryOf(this.#userState, JSON.stringify([appName, userId])),
      session: new Map(),
    };
  }
}

function view(stored: StoredSession, events: readonly SessionEvent[]): Session {
  return {
    ...stored.key,
    id: stored.key.sessionId,
    state: mergeState(stored.state),
    events: events.map(copyEvent),
    lastUpdateTime: stored.lastUpdateTime,
    incarnation: stored.incarnation,
  };
}

/** Index of the first entry behind a position; entries stand in the order of their positions. */
function firstBehind(events: readonly SessionEvent[], seq: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.seq ?? 0) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

function entryOf<K, A, B>(map: Map<K, Map<A, B>>, key: K): Map<A, B> {
  let entry = map.get(key);
  if (entry === undefined) {
    entry = new Map();
    map.set(key, entry);
  }
  return entry;
}
