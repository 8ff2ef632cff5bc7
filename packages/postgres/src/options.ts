import { ConfigurationError } from "@sessionfold/core";
import { type Clock, systemClock, validate } from "@sessionfold/core/storage";
import type { PoolConfig } from "pg";
import { z } from "zod";
import type { PostgresPool } from "./connection.ts";

/** What a store needs besides its connections. */
export interface PostgresStoreOptions {
  /**
   * Schema of the database that holds the tables: letters, digits, `_` and `$`, at most 63 of them. `setup()` makes it if
   * it is missing. Default "sessionfold".
   */
  readonly schema?: string | undefined;
  /**
   * How long a call goes on trying to connect to a server that cannot be reached, in milliseconds; 0: it tries once.
   * Default 2,000, in which a server restarts.
   */
  readonly reconnectMs?: number | undefined;
  /** Time of last updates. Leases go by the clock of the database. Default: the clock of this machine. */
  readonly clock?: Clock | undefined;
  /** Gets warnings, which never carry content. Default: the console. */
  readonly logger?: { warn(message: string): void } | undefined;
}

/** How a store reaches its database: by a pool of the caller's, or by one that it makes of the options of `pg`. */
export type PostgresSessionServiceOptions = PostgresStoreOptions &
  (({ readonly pool: PostgresPool } & { readonly [option in keyof PoolConfig]?: never }) | PoolConfig);

/** Options after the defaults are in. */
export interface ResolvedOptions {
  readonly schema: string;
  readonly reconnectMs: number;
  readonly clock: Clock;
  readonly logger: { warn(message: string): void };
  readonly pool: PostgresPool | undefined;
  readonly config: PoolConfig;
}

const DEFAULT_SCHEMA = "sessionfold";
const DEFAULT_RECONNECT_MS = 2000;
const SCHEMA_NAME = /^[A-Za-z_][A-Za-z0-9_$]{0,62}$/;

const aFunction = (error: string) => z.custom((value) => typeof value === "function", { error });
const hasFunction = (name: string, error: string) =>
  z.custom((value) => typeof (value as Record<string, unknown> | null | undefined)?.[name] === "function", {
    error,
  });
const anything = z.unknown().optional();

/** What `pg` knows; its values are its to check. */
const PG_OPTIONS: { readonly [option in keyof Required<PoolConfig>]: typeof anything } = {
  user: anything,
  database: anything,
  password: anything,
  port: anything,
  host: anything,
  connectionString: anything,
  keepAlive: anything,
  stream: anything,
  statement_timeout: anything,
  ssl: anything,
  enableChannelBinding: anything,
  sslnegotiation: anything,
  query_timeout: anything,
  lock_timeout: anything,
  keepAliveInitialDelayMillis: anything,
  idle_in_transaction_session_timeout: anything,
  application_name: anything,
  fallback_application_name: anything,
  connectionTimeoutMillis: anything,
  types: anything,
  options: anything,
  client_encoding: anything,
  pipeline: anything,
  max: anything,
  min: anything,
  idleTimeoutMillis: anything,
  log: anything,
  Promise: anything,
  allowExitOnIdle: anything,
  maxUses: anything,
  maxLifetimeSeconds: anything,
  Client: anything,
  onConnect: anything,
  verify: anything,
};

const schema = z.strictObject({
  schema: z
    .string({ error: "the name of a schema" })
    .regex(SCHEMA_NAME, {
      error: "a name of letters, digits, _ and $ that starts with no digit, at most 63 long",
    })
    .optional(),
  reconnectMs: z
    .number({ error: "milliseconds, 0 or more" })
    .min(0, { error: "milliseconds, 0 or more" })
    .finite({ error: "milliseconds, 0 or more" })
    .optional(),
  clock: aFunction("a function that tells the time").optional(),
  logger: hasFunction("warn", "an object with the function warn").optional(),
  pool: hasFunction("connect", "a pool of connections").optional(),
  ...PG_OPTIONS,
});

/** @throws ConfigurationError that names the option which is not what it must be. */
export function resolveOptions(options: PostgresSessionServiceOptions): ResolvedOptions {
  validate(schema, options);
  const {
    schema: name = DEFAULT_SCHEMA,
    reconnectMs = DEFAULT_RECONNECT_MS,
    clock = systemClock,
    logger = console,
    pool,
    ...config
  } = options as PostgresStoreOptions & PoolConfig & { readonly pool?: PostgresPool | undefined };
  const given = Object.entries(config).find(([, value]) => value !== undefined);
  if (pool !== undefined && given !== undefined)
    throw new ConfigurationError(`Expected \`${given[0]}\` to be absent where \`pool\` is given`);
  return { schema: name, reconnectMs, clock, logger, pool, config };
}
