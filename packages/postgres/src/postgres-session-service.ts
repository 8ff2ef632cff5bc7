import type {
  AppendEventRequest,
  CreateSessionRequest,
  GetSessionRequest,
  ListSessionsRequest,
  ListSessionsResponse,
  Session,
  SessionEvent,
  SessionKey,
  SessionService,
} from "@sessionfold/core";
import { type Clock, requireObject } from "@sessionfold/core/storage";
import pg from "pg";
import { appendEvent } from "./append-event.ts";
import { createSession } from "./create-session.ts";
import { Database } from "./database.ts";
import { deleteSession } from "./delete-session.ts";
import { listSessions } from "./list-sessions.ts";
import { storableKey } from "./names.ts";
import { type PostgresSessionServiceOptions, resolveOptions } from "./options.ts";
import { sessionOfRows } from "./session-rows.ts";
import { migrate, requireSetUp } from "./setup.ts";

/**
 * Keeps sessions in PostgreSQL, shared by every process that uses the same database and schema.
 *
 * Call `setup()` once, at deployment or at start; every other call before that is refused with a ConfigurationError.
 */
export class PostgresSessionService implements SessionService {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #schema: string;
  readonly #endPool: () => Promise<void>;
  #ready: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: PostgresSessionServiceOptions) {
    const { schema, reconnectMs, clock, pool, config } = resolveOptions(options);
    const own = pool === undefined ? new pg.Pool(config) : undefined;
    this.#endPool = async () => own?.end();
    this.#database = new Database(own ?? (pool as NonNullable<typeof pool>), `"${schema}"`, reconnectMs);
    this.#clock = clock;
    this.#schema = schema;
  }

  /**
   * Makes the schema, its tables and indexes, or what is missing of them. May be called at every start and by many processes
   * at once. @throws StoredDataError for a schema that a newer version has made
   */
  async setup(): Promise<void> {
    await migrate(this.#database, this.#schema);
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
      query("getSession", [appName, userId, sessionId, request.afterSeq ?? -1]),
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

  /** Looks once whether `setup` was called, by whatever process. */
  #isSetUp(): Promise<void> {
    this.#ready ??= requireSetUp(this.#database).catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }
}
