import {
  type AppendEventRequest,
  type ConditionalAppendService,
  ConfigurationError,
  type CreateSessionRequest,
  type EventDeletingService,
  type FoldedSession,
  type FoldKeepingService,
  type FoldSnapshot,
  type GetSessionRequest,
  type ImportingService,
  type ImportSessionRequest,
  type Lease,
  type LeaseRequest,
  type LeasingService,
  type ListSessionsRequest,
  type ListSessionsResponse,
  type SearchingService,
  type Session,
  type SessionEvent,
  SessionExistsError,
  type SessionKey,
  SessionNotFoundError,
  type TokenCounts,
} from "@sessionfold/core";
import {
  checkedAfterSeq,
  createEvent,
  describe,
  handToCaller,
  listPage,
  randomId,
  requireObject,
  withoutTemporaryState,
} from "@sessionfold/core/storage";
import { appendEvent, firstState, writableEvent, writableState } from "./append.ts";
import { Database } from "./database.ts";
import { readFolded, saveFold } from "./folds.ts";
import { importSession, writableSession } from "./import-session.ts";
import { acquireLease, checkedLease, leaseName, leaseTime, releaseLease, renewLease } from "./leases.ts";
import { listSessions } from "./list-sessions.ts";
import { pathOf, type ResolvedOptions, resolveOptions, type SqliteSessionServiceOptions } from "./options.ts";
import { type EventRow, eventsOf, findSession, keyParameters, sessionOf, writeState } from "./rows.ts";
import { checkedSearch, searchEvents } from "./search-events.ts";
import { ADD_SESSION, DELETE_EVENT, DELETE_SESSION, DELETE_STATE, EVENTS_BEHIND } from "./statements.ts";
import { isStorable, requireStorable, storableKey } from "./storable.ts";

/**
 * Keeps sessions in one SQLite file, which processes of one machine may share. What it acknowledged survives a crash. Only
 * one writes at a time; a call that meets a busy file waits, up to `busyTimeoutMs`.
 */
export class SqliteSessionService
  implements
    EventDeletingService,
    ConditionalAppendService,
    LeasingService,
    FoldKeepingService,
    SearchingService,
    ImportingService
{
  readonly supportsConditions = true;
  readonly #options: ResolvedOptions;
  readonly #database: Database;

  /**
   * Takes the path or file: URL of the file, which is made when it is missing, or ":memory:". Opens nothing yet.
   * @throws ConfigurationError
   */
  constructor(file: string | URL, options: SqliteSessionServiceOptions = {}) {
    this.#options = resolveOptions(options);
    this.#database = new Database(pathOf(file), this.#options);
  }

  async createSession(request: CreateSessionRequest): Promise<Session> {
    requireObject("request", request);
    const key = storableKey({ ...request, sessionId: request.sessionId ?? randomId() });
    const state = firstState(request.state ?? {});
    return this.#database.write((connection) => {
      if (findSession(connection, key) !== undefined) throw new SessionExistsError(key.sessionId);
      const row = { incarnation: randomId(), lastUpdateTime: this.#options.clock() };
      const { incarnation, lastUpdateTime: time } = row;
      connection.run(ADD_SESSION, { ...keyParameters(key), incarnation, nextSeq: 0, time });
      writeState(connection, key, state);
      return sessionOf(connection, key, row, []);
    });
  }

  /** The log of the session, whatever `view` says: a plain service folds nothing. */
  async getSession(request: GetSessionRequest): Promise<Session | null> {
    const key = storableKey(request);
    const seq = checkedAfterSeq(request.afterSeq);
    return this.#database.read((connection) => {
      const row = findSession(connection, key);
      if (row === undefined) return null;
      const rows = connection.all<EventRow>(EVENTS_BEHIND, { ...keyParameters(key), seq });
      return sessionOf(connection, key, row, eventsOf(rows));
    });
  }

  async listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse> {
    const page = listPage(request);
    requireStorable("appName", page.appName);
    if (page.userId !== undefined) requireStorable("userId", page.userId);
    return this.#database.read((connection) => listSessions(connection, page));
  }

  async deleteSession(request: SessionKey): Promise<void> {
    const key = storableKey(request);
    await this.#database.write((connection) => {
      connection.run(DELETE_SESSION, keyParameters(key));
      connection.run(DELETE_STATE, keyParameters(key));
    });
  }

  async appendEvent(request: AppendEventRequest): Promise<SessionEvent> {
    requireObject("request", request);
    const { session, event: input, condition } = request;
    const key = storableKey(session);
    const { clock: time } = this.#options;
    const made = createEvent(withoutTemporaryState(input), 0, time);
    if (made.partial === true) return this.#partial(key, made);
    const event = writableEvent(made, "event");
    const state = writableState(made);
    const { stored, isNew } = await this.#database.write((connection) =>
      appendEvent(connection, key, { event, state, condition, time }),
    );
    return handToCaller(session, stored, isNew);
  }

  /** Deletes events with all that was kept of them. @throws SessionNotFoundError, StoreError */
  async deleteEvents(request: SessionKey & { readonly eventIds: readonly string[] }): Promise<number> {
    const key = storableKey(request);
    // An id that cannot be stored is none of an event.
    const ids = [...request.eventIds].filter(isStorable);
    return this.#database.write((connection) => {
      if (findSession(connection, key) === undefined) throw new SessionNotFoundError(key.sessionId);
      const parameters = keyParameters(key);
      return ids.reduce((gone, id) => gone + connection.run(DELETE_EVENT, { ...parameters, id }), 0);
    });
  }

  async acquireLease(request: LeaseRequest): Promise<Lease | null> {
    const key = storableKey(request);
    const asked = { name: leaseName(request.name), ttlMs: leaseTime(request.ttlMs) };
    return this.#database.write((connection) => acquireLease(connection, key, asked, this.#options.clock()));
  }

  async renewLease(
    request: SessionKey & { readonly lease: Lease; readonly ttlMs: number },
  ): Promise<boolean> {
    const key = storableKey(request);
    const [lease, ttlMs] = [checkedLease(request.lease), leaseTime(request.ttlMs)];
    return this.#database.write((connection) =>
      renewLease(connection, key, lease, { now: this.#options.clock(), ttlMs }),
    );
  }

  async releaseLease(request: SessionKey & { readonly lease: Lease }): Promise<void> {
    const key = storableKey(request);
    const lease = checkedLease(request.lease);
    await this.#database.write((connection) => releaseLease(connection, key, lease));
  }

  async readFolded(
    request: SessionKey & { readonly counter?: string | undefined },
  ): Promise<FoldedSession | null> {
    const key = storableKey(request);
    const { counter } = request;
    return this.#database.read((connection) => readFolded(connection, key, counter));
  }

  async saveFold(
    request: SessionKey & {
      readonly incarnation: string;
      readonly snapshot?: FoldSnapshot | undefined;
      readonly tokens?: TokenCounts | undefined;
    },
  ): Promise<void> {
    const key = storableKey(request);
    const { incarnation, snapshot, tokens } = request;
    await this.#database.write((connection) => saveFold(connection, key, { incarnation, snapshot, tokens }));
  }

  async searchEvents(
    request: SessionKey & { readonly words: readonly string[]; readonly limit: number },
  ): Promise<readonly SessionEvent[]> {
    const key = storableKey(request);
    return searchEvents((task) => this.#database.read(task), key, checkedSearch(request));
  }

  async importSession(request: ImportSessionRequest): Promise<void> {
    const session = writableSession(request);
    await this.#database.write((connection) => importSession(connection, session));
  }

  /**
   * Takes what is left of deleted texts out of the files: overwritten pages still stand in SQLite's log of changes, and groups
   * of three letters in the search index. `close` does it as well. It works in steps, between which others may write.
   * @throws StoreError "store-busy" where another connection has been reading for longer than `busyTimeoutMs`
   */
  async purge(): Promise<void> {
    await this.#database.purge();
  }

  /** Opens the file and brings its schema up to date, which the first call does otherwise. @throws StoreError, StoredDataError */
  async setup(): Promise<void> {
    await this.#database.open();
  }

  /**
   * Waits for the calls that write, purges, and closes the file; later calls throw a StoreError "store-closed". Where
   * something was deleted since the last purge, that takes the longer the larger the file is, so `{ purge: false }` leaves
   * it to the next close or `purge`.
   * @throws ConfigurationError, StoreError
   */
  async close(options: { readonly purge?: boolean | undefined } = {}): Promise<void> {
    const { purge = true } = options;
    if (typeof purge !== "boolean")
      throw new ConfigurationError(`Expected \`purge\` to be true or false, got ${describe(purge)}`);
    await this.#database.close(purge);
  }

  /** An event that is not stored, with the position that it would have. */
  async #partial(key: SessionKey, event: SessionEvent): Promise<SessionEvent> {
    const session = await this.#database.read((connection) => findSession(connection, key));
    if (session === undefined) throw new SessionNotFoundError(key.sessionId);
    return { ...event, seq: session.nextSeq };
  }
}
