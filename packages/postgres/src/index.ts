export type { PoolEvents, PostgresClient, PostgresPool, PostgresResult } from "./connection.ts";
export type { PostgresSessionServiceOptions, PostgresStoreOptions } from "./options.ts";
export { PostgresSessionService } from "./postgres-session-service.ts";
