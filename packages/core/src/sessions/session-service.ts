import type { EventInput } from "../events/create-event.ts";
import type { SessionEvent } from "../events/session-event.ts";
import type { SessionKey, SessionRef } from "../events/session-key.ts";
import type { AppendCondition } from "./store-capabilities.ts";

/** A session as a service hands it out. It is the caller's to keep: nothing in it is shared with the store. */
export interface Session extends SessionKey {
  /** The session's id once more, by the name that agent kits use. */
  readonly id: string;
  /** State of the session with the app's (`app:`) and the user's (`user:`) in it. */
  state: Record<string, unknown>;
  /** In a list of sessions always empty. */
  events: SessionEvent[];
  /** When the last event was appended, in milliseconds since the epoch. */
  lastUpdateTime: number;
  /** Differs when a session is deleted and another made under the same key. Services that do not read by `afterSeq` need none. */
  readonly incarnation?: string;
}

/** Asks for a new session. */
export interface CreateSessionRequest {
  readonly appName: string;
  readonly userId: string;
  /** Absent: a new id is made. */
  readonly sessionId?: string | undefined;
  /** First state; `app:` and `user:` keys go to the app and the user, `temp:` keys are not stored. */
  readonly state?: Readonly<Record<string, unknown>> | undefined;
}

/** Asks for a session. */
export interface GetSessionRequest extends SessionKey {
  /** What of the log: `window` is what the model sees (a decorated service's default), `full` is every entry. */
  readonly view?: "window" | "full" | undefined;
  /** Only entries behind this position. A service may ignore it and hand out all of them. */
  readonly afterSeq?: number | undefined;
  /** Of a window: the agent that is about to be called; its open tool round comes last. */
  readonly agent?: string | undefined;
  /**
   * False: does not wait for a fold that is under way, however large the session is. Hooks, triggers and summarizers that
   * read the session they work on must say so. Default true. Only a decorated service ever waits.
   */
  readonly wait?: boolean | undefined;
}

/** Asks for a page of sessions. */
export interface ListSessionsRequest {
  readonly appName: string;
  /** Absent: of all users. */
  readonly userId?: string | undefined;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  /** Most sessions on the page; default 100. */
  readonly limit?: number | undefined;
}

/** A page of sessions, without their events. */
export interface ListSessionsResponse {
  readonly sessions: Session[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

/** Asks for an event to be appended. */
export interface AppendEventRequest {
  /** Only its key counts. If it carries events, the stored event is put there as well. */
  readonly session: SessionRef & { events?: SessionEvent[] };
  /** What to store. */
  readonly event: EventInput;
  /**
   * False: a decorated service stores the event and folds nothing at this append, even where the session is due. It
   * is found again at a later append, since triggers are pure. Default true.
   */
  readonly fold?: boolean | undefined;
  /** What must still hold, or nothing is stored. Only a service that says so heeds it; see `ConditionalAppendService`. */
  readonly condition?: AppendCondition | undefined;
}

/** What keeps sessions. Ours, and anything of this shape, can be decorated by `withSummaries`. */
export interface SessionService {
  /** Makes a session. @throws SessionExistsError when the key is taken. */
  createSession(request: CreateSessionRequest): Promise<Session>;
  /** The session of that key, or null. */
  getSession(request: GetSessionRequest): Promise<Session | null>;
  /** The sessions of an app or of one user of it, page by page, without events. */
  listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse>;
  /** Deletes the session and all its events. A key without a session is fine. */
  deleteSession(request: SessionKey): Promise<void>;
  /**
   * Stores one event at the end of the log and returns it as stored. An id that is stored already changes nothing. A
   * partial event is returned and not stored.
   */
  appendEvent(request: AppendEventRequest): Promise<SessionEvent>;
}

/** A service that can delete single events, which `prune` needs. */
export interface EventDeletingService extends SessionService {
  /** Deletes the events of these ids; ids without an event are fine. Returns how many it deleted. */
  deleteEvents(request: SessionKey & { readonly eventIds: readonly string[] }): Promise<number>;
}

/** Whether a service can delete single events. */
export function canDeleteEvents(service: SessionService): service is EventDeletingService {
  return typeof (service as Partial<EventDeletingService>).deleteEvents === "function";
}
