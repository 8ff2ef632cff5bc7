import type { SessionEvent } from "../events/session-event.ts";
import type { SessionKey } from "../events/session-key.ts";
import type { FoldSnapshot } from "../summaries/fold-snapshot.ts";
import type { AppendEventRequest, Session, SessionService } from "./session-service.ts";

/** A right to work on one thing of a session for a while, which at most one holder has at a time. */
export interface Lease {
  /** What it is for. */
  readonly name: string;
  /** Fencing token: every lease of that session and name has a greater one than those before it. */
  readonly token: number;
}

/** What must hold at the moment an event is stored. A known event id is answered with what is stored, whatever is asked here. */
export interface AppendCondition {
  /** Position of the last stored entry, -1 for none: compare-and-swap on the log. */
  readonly lastSeq?: number | undefined;
  /** A lease that nobody else has taken since, expired or not. */
  readonly lease?: Lease | undefined;
}

/** A service that stores an event only if a condition still holds. */
export interface ConditionalAppendService extends SessionService {
  /** True: `appendEvent` heeds `condition`. */
  readonly supportsConditions: true;
  /** @throws AppendConflictError, LeaseLostError: the condition does not hold, nothing was stored. */
  appendEvent(request: AppendEventRequest): Promise<SessionEvent>;
}

/** Asks for a lease. */
export interface LeaseRequest extends SessionKey {
  /** What it is for. */
  readonly name: string;
  /** Milliseconds from now until it expires by the store's clock. */
  readonly ttlMs: number;
}

/** A service that grants leases on its sessions, to every process that shares its storage. */
export interface LeasingService extends SessionService {
  /** The lease, or null while another holds it. @throws SessionNotFoundError */
  acquireLease(request: LeaseRequest): Promise<Lease | null>;
  /** Holds it for `ttlMs` from now; false where another has taken it, or it was released. */
  renewLease(request: SessionKey & { readonly lease: Lease; readonly ttlMs: number }): Promise<boolean>;
  /** Gives it back. One that another has taken meanwhile stays theirs. */
  releaseLease(request: SessionKey & { readonly lease: Lease }): Promise<void>;
}

/** A session of which only what a fold still needs was read. */
export interface FoldedSession extends Session {
  /** As it was saved; absent: `events` is the whole log. Otherwise `events` are those at `keep` and those behind `seq`. */
  readonly snapshot?: FoldSnapshot;
  /** Kept counts of the events read, by event id; none where another counter made them. */
  readonly tokenCounts?: ReadonlyMap<string, number>;
}

/** Counts of one counter, to be kept with the events. */
export interface TokenCounts {
  /** Name of the counter. */
  readonly counter: string;
  /** Tokens by event id. */
  readonly counts: ReadonlyMap<string, number>;
}

/**
 * A service that keeps what a log folds to, so that reading a window costs the same however long the log is. What it keeps is
 * derived from the log: it may be missing or old, and losing it loses nothing.
 */
export interface FoldKeepingService extends SessionService {
  /** The session with what its fold needs. `counter` names the counter whose kept counts are wanted. */
  readFolded(request: SessionKey & { readonly counter?: string | undefined }): Promise<FoldedSession | null>;
  /** Keeps a snapshot, or counts, or both. Of a session that is gone, or made anew since, nothing is kept. */
  saveFold(
    request: SessionKey & {
      readonly incarnation: string;
      readonly snapshot?: FoldSnapshot | undefined;
      readonly tokens?: TokenCounts | undefined;
    },
  ): Promise<void>;
}

/** A service with an index over the text of events. */
export interface SearchingService extends SessionService {
  /** Events of the conversation whose `searchText` holds every one of `words` (lower case), latest first. */
  searchEvents(
    request: SessionKey & { readonly words: readonly string[]; readonly limit: number },
  ): Promise<readonly SessionEvent[]>;
}

/** A session to be stored as it is, as an export holds it. */
export interface ImportSessionRequest extends SessionKey {
  /** State of the session itself, without `app:` and `user:` keys. */
  readonly state: Readonly<Record<string, unknown>>;
  /** The log, with positions; their changes of state are not applied again. */
  readonly events: readonly SessionEvent[];
  /** Milliseconds since the epoch. */
  readonly lastUpdateTime: number;
}

/** A service that takes over a whole session at once, or nothing of it. */
export interface ImportingService extends SessionService {
  /** @throws SessionExistsError, InvalidEventError for ids or positions that repeat or do not rise */
  importSession(request: ImportSessionRequest): Promise<void>;
}

/** Whether a service stores under conditions. */
export function canAppendIf(service: SessionService): service is ConditionalAppendService {
  return (service as Partial<ConditionalAppendService>).supportsConditions === true;
}

/** Whether a service grants leases. */
export function canLease(service: SessionService): service is LeasingService {
  return has(service, "acquireLease", "renewLease", "releaseLease");
}

/** Whether a service keeps folds. */
export function canKeepFolds(service: SessionService): service is FoldKeepingService {
  return has(service, "readFolded", "saveFold");
}

/** Whether a service searches by itself. */
export function canSearch(service: SessionService): service is SearchingService {
  return has(service, "searchEvents");
}

/** Whether a service takes over whole sessions. */
export function canImport(service: SessionService): service is ImportingService {
  return has(service, "importSession");
}

function has(service: SessionService, ...methods: readonly string[]): boolean {
  return methods.every(
    (method) => typeof (service as unknown as Record<string, unknown>)[method] === "function",
  );
}
