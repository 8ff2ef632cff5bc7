import { copyEvent, createEvent, type EventInput } from "../events/create-event.ts";
import type { SessionEvent } from "../events/session-event.ts";
import { keyOf, keyString, type SessionKey } from "../events/session-key.ts";
import { type Clock, systemClock } from "../shared/clock.ts";
import { ConfigurationError, SessionExistsError, SessionNotFoundError } from "../shared/errors.ts";
import { randomId } from "../shared/ids.ts";
import { describe, requireObject } from "../shared/validate.ts";
import { handToCaller } from "./hand-to-caller.ts";
import type {
  AppendEventRequest,
  CreateSessionRequest,
  EventDeletingService,
  GetSessionRequest,
  ListSessionsRequest,
  ListSessionsResponse,
  Session,
} from "./session-service.ts";
import { applyState, mergeState, type ScopedState, withoutTemporary } from "./state-scopes.ts";

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

const DEFAULT_PAGE = 100;

/** Keeps sessions in the memory of this process. What it hands out are copies; its own data cannot be reached. */
export class InMemorySessionService implements EventDeletingService {
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
    const state: ScopedState = {
      app: entryOf(this.#appState, key.appName),
      user: entryOf(this.#userState, JSON.stringify([key.appName, key.userId])),
      session: new Map(),
    };
    applyState(state, request.state ?? {});
    const stored: StoredSession = {
      key,
      ordinal: ++this.#made,
      incarnation: randomId(),
      state,
      events: [],
      ids: new Map(),
      nextSeq: 0,
      lastUpdateTime: this.#clock(),
    };
    this.#sessions.set(id, stored);
    return view(stored, []);
  }

  /** The log of the session, whatever `view` says: a plain service folds nothing. */
  async getSession(request: GetSessionRequest): Promise<Session | null> {
    const stored = this.#sessions.get(keyString(keyOf(request)));
    if (stored === undefined) return null;
    const from = request.afterSeq === undefined ? 0 : firstBehind(stored.events, request.afterSeq);
    return view(stored, stored.events.slice(from));
  }

  async listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse> {
    requireObject("request", request);
    const { appName, userId, limit = DEFAULT_PAGE } = request;
    if (!Number.isInteger(limit) || limit < 1) {
      throw new ConfigurationError(`Expected \`limit\` to be an integer above 0, got ${describe(limit)}`);
    }
    const after = request.cursor === undefined ? 0 : Number(request.cursor);
    if (!Number.isInteger(after) || after < 0) {
      throw new ConfigurationError(
        `Expected \`cursor\` to be the nextCursor of a page, got ${describe(request.cursor)}`,
      );
    }
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
    const { session, event: input } = request;
    const key = keyOf(session);
    const stored = this.#sessions.get(keyString(key));
    if (stored === undefined) throw new SessionNotFoundError(key.sessionId);
    const event = createEvent(withoutTemporaryState(input), stored.nextSeq, this.#clock);
    if (event.partial === true) return event;
    const known = stored.ids.get(event.id);
    if (known === undefined) {
      stored.nextSeq++;
      stored.events.push(event);
      stored.ids.set(event.id, event);
      stored.lastUpdateTime = this.#clock();
      applyState(stored.state, event.actions.stateDelta ?? {});
    }
    return handToCaller(session, known ?? event, known === undefined);
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

function withoutTemporaryState(input: EventInput): EventInput {
  const delta = input?.actions?.stateDelta;
  if (typeof delta !== "object" || delta === null || Array.isArray(delta)) return input;
  return { ...input, actions: { ...input.actions, stateDelta: withoutTemporary(delta) } };
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
