/** The rows of an answer. */
export interface PostgresResult {
  readonly rows: readonly Record<string, unknown>[];
}

/** A connection that is ours until it is released. A `PoolClient` of `pg` is one. */
export interface PostgresClient {
  /** Runs one statement. Without values it may be sent by the simple protocol. */
  query(text: string, values?: unknown[]): Promise<PostgresResult>;
  /** Gives the connection back; with `true` it is broken and must not be used again. */
  release(destroy?: boolean): void;
  /** Told when the connection dies while nothing runs on it; without a listener, `pg` ends the process. */
  on?(event: "error", listener: (error: Error) => void): unknown;
  /** Takes the listener back. */
  off?(event: "error", listener: (error: Error) => void): unknown;
}

/** What connections come from. A `Pool` of `pg` is one, and anything else of this shape. */
export interface PostgresPool {
  /** A connection that nobody else uses until it is released. */
  connect(): Promise<PostgresClient>;
  /**
   * Told of connections that died while they were idle, and of every new connection; without listeners to their errors,
   * `pg` ends the process.
   */
  on?: PoolEvents;
  /** Takes a listener back. */
  off?: PoolEvents;
}

/** Adds or removes a listener of a pool. */
export interface PoolEvents {
  (event: "error", listener: (error: Error) => void): unknown;
  (event: "connect", listener: (client: PostgresClient) => void): unknown;
}
