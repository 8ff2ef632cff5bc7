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
import type { Clock } from "@sessionfold/core/storage";
import { appendEvent } from "./append-event.ts";
import { createSession } from "./create-session.ts";
import { Database } from "./database.ts";
import { deleteEvents } from "./delete-events.ts";
import { deleteSession } from "./delete-session.ts";
import { readFolded, saveFold } from "./folds.ts";
import { getSession } from "./get-session.ts";
import { importSession } from "./import-session.ts";
import { acquireLease, releaseLease, renewLease } from "./leases.ts";
import { listSessions } from "./list-sessions.ts";
import { type PostgresSessionServiceOptions, resolveOptions } from "./options.ts";
import { ownPool } from "./own-pool.ts";
import { searchEvents } from "./search-events.ts";
import { requireSetUp, setUp } from "./setup.ts";
import { closed } from "./store-errors.ts";

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
  readonly #letGo: () => Promise<void>;
  readonly #running = new Set<Promise<unknown>>();
  #ready: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: PostgresSessionServiceOptions) {
    const { schema, reconnectMs, clock, logger, pool, config } = resolveOptions(options);
    const own = pool === undefined ? ownPool(config) : undefined;
    this.#database = new Database(own ?? (pool as NonNullable<typeof pool>), `"${schema}"`, reconnectMs);
    this.#letGo = async () => (own === undefined ? this.#database.detach() : own.end());
    this.#clock = clock;
    this.#schema = schema;
    this.#logger = logger;
  }

  /**
   * Makes the schema, its tables and indexes, or what is missing of them. May be called at every start and by many processes
   * at once: where nothing is missing it only reads. @throws StoredDataError for a schema that a newer version has made
   */
  setup(): Promise<void> {
    return this.#call(async () => {
      await setUp(this.#database, this.#schema, this.#logger);
      this.#ready = Promise.resolve();
    });
  }

  /** Waits for calls that run and refuses new ones. Ends the pool if the service has made it; one passed in stays open. */
  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#running).then(this.#letGo);
    return this.#closing;
  }

  createSession(request: CreateSessionRequest): Promise<Session> {
    return this.#use((database) => createSession(database, this.#clock, request));
  }

  /** The log of the session, whatever `view` says: a plain service folds nothing. */
  getSession(request: GetSessionRequest): Promise<Session | null> {
    return this.#use((database) => getSession(database, request));
  }

  listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse> {
    return this.#use((database) => listSessions(database, request));
  }

  deleteSession(request: SessionKey): Promise<void> {
    return this.#use((database) => deleteSession(database, request));
  }

  appendEvent(request: AppendEventRequest): Promise<SessionEvent> {
    return this.#use((database) => appendEvent(database, this.#clock, request));
  }

  deleteEvents(request: SessionKey & { readonly eventIds: readonly string[] }): Promise<number> {
    return this.#use((database) => deleteEvents(database, request));
  }

  acquireLease(request: LeaseRequest): Promise<Lease | null> {
    return this.#use((database) => acquireLease(database, request));
  }

  renewLease(request: SessionKey & { readonly lease: Lease; readonly ttlMs: number }): Promise<boolean> {
    return this.#use((database) => renewLease(database, request));
  }

  releaseLease(request: SessionKey & { readonly lease: Lease }): Promise<void> {
    return this.#use((database) => releaseLease(database, request));
  }

  readFolded(request: SessionKey & { readonly counter?: string | undefined }): Promise<FoldedSession | null> {
    return this.#use((database) => readFolded(database, request));
  }

  saveFold(request: Parameters<FoldKeepingService["saveFold"]>[0]): Promise<void> {
    return this.#use((database) => saveFold(database, request));
  }

  searchEvents(
    request: SessionKey & { readonly words: readonly string[]; readonly limit: number },
  ): Promise<readonly SessionEvent[]> {
    return this.#use((database) => searchEvents(database, request));
  }

  importSession(request: ImportSessionRequest): Promise<void> {
    return this.#use((database) => importSession(database, request));
  }

  /** A call that needs the tables: looks once whether `setup` was called, by whatever process. */
  #use<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.#call(async () => {
      this.#ready ??= requireSetUp(this.#database).catch((error: unknown) => {
        this.#ready = undefined;
        throw error;
      });
      await this.#ready;
      return work(this.#database);
    });
  }

  /** A call that `close` waits for, and that is refused after it. */
  async #call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw closed();
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}
