import { faultyReads, type ReplayBackend, type ReplayFault } from "@sessionfold/conformance";
import { InMemorySessionService, type SessionKey, type SessionService } from "@sessionfold/core";
import { PostgresSessionService } from "@sessionfold/postgres";
import type { SqliteSessionService } from "@sessionfold/sqlite";
import pg from "pg";
import { JsonSessionService } from "../conformance/json-session-service.ts";
import { OpenedFiles } from "../stores/sqlite/opened-files.ts";
import { PglitePool } from "../support/pglite.ts";
import { PostgresServer } from "../support/postgres.ts";
import { type Befallen, faultInRows, inFile, pgRows } from "./stored-rows.ts";

type Tamper = (service: SessionService, key: SessionKey) => Promise<SessionService | undefined>;

/** A store that trajectories are played on, and how a fault gets into it. */
export interface TestedBackend extends ReplayBackend {
  /** What `tamper` of a replay takes; `tell` is told what became of the fault. */
  readonly inject: (fault: ReplayFault, tell: (befallen: Befallen) => void) => Tamper;
  /** Where a store keeps what a log folds to: puts something else there. */
  readonly keepFold?: (
    service: SessionService,
    key: SessionKey,
    seq: number,
    snapshot: string,
  ) => Promise<void>;
  /** Removes what all replays have left. */
  readonly remove: () => unknown;
}

/** A fault in what is read: there are no rows to change. */
const inReads: TestedBackend["inject"] = (fault, tell) => async (service) =>
  faultyReads(service, {
    ...fault,
    apply: (content) => {
      const changed = fault.apply(content);
      tell(changed === undefined ? "spared" : "injected");
      return changed;
    },
  });

/** In the memory of one service, which every other one is compared with. */
export const inMemory: TestedBackend = {
  name: "in-memory",
  create: () => new InMemorySessionService(),
  inject: inReads,
  remove: () => undefined,
};

/** All of what it holds goes through JSON. */
export const text: TestedBackend = {
  name: "text",
  create: () => new JsonSessionService(),
  reopen: (service: SessionService) => (service as JsonSessionService).another(),
  inject: inReads,
  remove: () => undefined,
};

/** A file for each replay. */
export function sqlite(): TestedBackend {
  const files = new OpenedFiles();
  return {
    name: "sqlite",
    create: () => files.create(),
    reopen: (service: SessionService) => files.another(service),
    dispose: (service: SessionService) => (service as SqliteSessionService).close(),
    inject: (fault, tell) => async (service, key) => {
      tell(await inFile(files.pathOf(service), (rows) => faultInRows(rows, key, fault)));
      return undefined;
    },
    keepFold: (service, { appName, userId, sessionId }, _, snapshot) =>
      inFile(files.pathOf(service), async (rows) => {
        const sql = "UPDATE sessions SET snapshot = ? WHERE app_name = ? AND user_id = ? AND session_id = ?";
        await rows.all(sql, [snapshot, appName, userId, sessionId]);
      }),
    remove: () => files.remove(),
  };
}

/** PostgreSQL in this process: a schema for each replay. */
export function pglite(): TestedBackend {
  let pool: Promise<PglitePool> | undefined;
  const opened = async () => {
    pool ??= PglitePool.open();
    return pool;
  };
  return {
    ...inSchemas(
      async (schema) => new PostgresSessionService({ pool: await opened(), schema }),
      async (schema, task) => {
        const client = await (await opened()).connect();
        try {
          await client.query(`SET search_path TO ${schema}`);
          return await task((sql, values) => client.query(sql, values) as never);
        } finally {
          await client.query("RESET search_path");
          client.release();
        }
      },
    ),
    name: "pglite",
    remove: async () => (await pool)?.close(),
  };
}

/** A real server: a schema for each replay. */
export function postgres(): TestedBackend {
  let server: Promise<PostgresServer> | undefined;
  const url = async () => {
    server ??= PostgresServer.start();
    return (await server).url();
  };
  return {
    ...inSchemas(
      async (schema) => new PostgresSessionService({ connectionString: await url(), schema, max: 2 }),
      async (schema, task) => {
        const client = new pg.Client({ connectionString: await url(), options: `-c search_path=${schema}` });
        await client.connect();
        try {
          return await task((sql, values) => client.query(sql, values));
        } finally {
          await client.end();
        }
      },
    ),
    name: "postgres",
    remove: async () => (await server)?.stop(),
  };
}

type Run = Parameters<typeof pgRows>[0];

function inSchemas(
  make: (schema: string) => Promise<PostgresSessionService>,
  withSql: <T>(schema: string, task: (run: Run) => Promise<T>) => Promise<T>,
): Omit<TestedBackend, "name" | "remove"> {
  const schemas = new WeakMap<SessionService, string>();
  let made = 0;
  const open = async (schema: string) => {
    const service = await make(schema);
    await service.setup();
    schemas.set(service, schema);
    return service;
  };
  const schemaOf = (service: SessionService) => schemas.get(service) ?? "";
  return {
    create: () => open(`replay${++made}`),
    reopen: (service) => open(schemaOf(service)),
    dispose: (service) => (service as PostgresSessionService).close(),
    inject: (fault, tell) => async (service, key) => {
      tell(await withSql(schemaOf(service), (run) => faultInRows(pgRows(run), key, fault)));
      return undefined;
    },
    keepFold: (service, { appName, userId, sessionId }, seq, snapshot) =>
      withSql(schemaOf(service), async (run) => {
        const { keep = [] } = JSON.parse(snapshot) as { keep?: readonly number[] };
        const values = [appName, userId, sessionId, seq, `{${keep.join(",")}}`, snapshot];
        await run(
          `DELETE FROM folds WHERE app_name = $1 AND user_id = $2 AND session_id = $3`,
          values.slice(0, 3),
        );
        await run(`INSERT INTO folds VALUES ($1, $2, $3, $4, $5::bigint[], $6)`, values);
      }),
  };
}
