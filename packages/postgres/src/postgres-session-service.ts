import type {
  AppendEventRequest,
  ConditionalAppendService,
  CreateSessionRequest,
  EventDeletingService,
  FoldedSession,
  FoldKeepingService,
  GetSessionRequest,
  ImportingService,
  ImportSessionRequest,
  Lease,
  LeaseRequest,
  LeasingService,
  ListSessionsRequest,
  ListSessionsResponse,
  SearchingService,
  Session,
  SessionEvent,
  SessionKey,
} from "@sessionfold/core";
import { type Clock, requireObject } from "@sessionfold/core/storage";
import pg from "pg";
import { appendEvent } from "./append-event.ts";
import { createSession } from "./create-session.ts";
import { Database } from "./database.ts";
import { deleteEvents } from "./delete-events.ts";
import { deleteSession } from "./delete-session.ts";
import { readFolded, saveFold } from "./folds.ts";
import { importSession } from "./import-session.ts";
import { acquireLease, releaseLease, renewLease } from "./leases.ts";
import { listSessions } from "./list-sessions.ts";
import { storableKey } from "./names.ts";
import { type PostgresSessionServiceOptions, resolveOptions } from "./options.ts";
import { searchEvents } from "./search-events.ts";
import { makeSearchIndex } from "./search-index.ts";
import { sessionOfRows } from "./session-rows.ts";
import { migrate, requireSetUp } from "./setup.ts";

/**
 * Keeps sessions in PostgreSQL, shared by every process that uses the same database and schema.
 *
 * Call `setup()` once, at deployment or at start; every other call before that is refused with a ConfigurationError.
 */
export class PostgresSessionService
  implements
    EventDeletingService,
    ConditionalAppendService,
    LeasingService,
    FoldKeepingService,
    SearchingService,
    ImportingService
{
  readonly supportsConditions = true;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #schema: string;
  readonly #logger: { warn(message: string): void };
  readonly #endPool: () => Promise<void>;
  #ready: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: PostgresSessionServiceOptions) {
    const { schema, reconnectMs, clock, logger, pool, config } = resolveOptions(options);
    const own = pool === undefined ? new pg.Pool(config) : undefined;
    this.#endPool = async () => own?.end();
    this.#database = new Database(own ?? (pool as NonNullable<typeof pool>), `"${schema}"`, reconnectMs);
    this.#clock = clock;
    this.#schema = schema;
    this.#logger = logger;
  }

  /**
   * Makes the schema, its tables and indexes, or what is missing of them. May be called at every start and by many processes
   * at once. @throws StoredDataError for a schema that a newer version has made
   */
  async setup(): Promise<void> {
    await migrate(this.#database, this.#schema);
    await makeSearchIndex(this.#database, this.#schema, this.#logger);
    this.#ready = Promise.resolve();
  }

  /** Waits for calls that run and refuses new ones. Ends the pool if the service has made it; one passed in stays open. */
  close(): Promise<void> {
    this.#closing ??= this.#database.close().then(this.#endPool);
    return this.#closing;
  }

  async createSession(request: CreateSessionRequest): Promise<Session> {
    await this.#isSetUp();
    return createSession(this.#database, this.#clock, request);
  }

  /** The log of the session, whatever `view` says: a plain service folds nothing. */
  async getSession(request: GetSessionRequest): Promise<Session | null> {
    const key = storableKey(request);
    await this.#isSetUp();
    const { appName, userId, sessionId } = key;
    const rows = await this.#database.run({ repeatable: true }, (query) =>
      query("getSession", [appName, userId, sessionId, positionOf(request.afterSeq)]),
    );
    return sessionOfRows(key, rows);
  }

  async listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse> {
    requireObject("request", request);
    await this.#isSetUp();
    return listSessions(this.#database, request);
  }

  async deleteSession(request: SessionKey): Promise<void> {
    const key = storableKey(request);
    await this.#isSetUp();
    await deleteSession(this.#database, key);
  }

  async appendEvent(request: AppendEventRequest): Promise<SessionEvent> {
    requireObject("request", request);
    await this.#isSetUp();
    return appendEvent(this.#database, this.#clock, request);
  }

  async deleteEvents(request: SessionKey & { readonly eventIds: readonly string[] }): Promise<number> {
    await this.#isSetUp();
    return deleteEvents(this.#database, request);
  }

  async acquireLease(request: LeaseRequest): Promise<Lease | null> {
    await this.#isSetUp();
    return acquireLease(this.#database, request);
  }

  async renewLease(
    request: SessionKey & { readonly lease: Lease; readonly ttlMs: number },
  ): Promise<boolean> {
    await this.#isSetUp();
    return renewLease(this.#database, request);
  }

  async releaseLease(request: SessionKey & { readonly lease: Lease }): Promise<void> {
    await this.#isSetUp();
    await releaseLease(this.#database, request);
  }

  async readFolded(
    request: SessionKey & { readonly counter?: string | undefined },
  ): Promise<FoldedSession | null> {
    await this.#isSetUp();
    return readFolded(this.#database, request);
  }

  async saveFold(request: Parameters<FoldKeepingService["saveFold"]>[0]): Promise<void> {
    await this.#isSetUp();
    await saveFold(this.#database, request);
  }

  async searchEvents(
    request: SessionKey & { readonly words: readonly string[]; readonly limit: number },
  ): Promise<readonly SessionEvent[]> {
    await this.#isSetUp();
    return searchEvents(this.#database, request);
  }

  async importSession(request: ImportSessionRequest): Promise<void> {
    await this.#isSetUp();
    await importSession(this.#database, request);
  }

  /** Looks once whether `setup` was called, by whatever process. */
  #isSetUp(): Promise<void> {
    this.#ready ??= requireSetUp(this.#database).catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }
}

/** A position as a 64-bit integer: the entries behind it are those behind what was asked for. */
function positionOf(seq: number | undefined): number {
  if (seq === undefined || Number.isNaN(seq)) return -1;
  return Math.max(-1, Math.min(Math.floor(seq), Number.MAX_SAFE_INTEGER));
}
