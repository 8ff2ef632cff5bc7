import type { SessionKey } from "@sessionfold/core";
import {
  type PostgresPool,
  PostgresSessionService,
  type PostgresSessionServiceOptions,
} from "@sessionfold/postgres";
import { afterAll, afterEach, beforeAll } from "vitest";
import { PostgresServer } from "../../support/postgres.ts";

/** A server takes a while to start on a busy machine. */
export const HOOK_MS = 60_000;

export const KEY: SessionKey = { appName: "shop", userId: "ada", sessionId: "s1" };

/** A server for the tests of a file, with fresh databases and with services that are closed after each test. */
export interface TestServer {
  /** The server itself. */
  readonly server: () => PostgresServer;
  /** Address of a fresh database. */
  readonly database: () => Promise<string>;
  /** A service over that database, or over a fresh one; set up. */
  readonly open: (url?: string, options?: PostgresSessionServiceOptions) => Promise<PostgresSessionService>;
}

export function testServer(settings: readonly string[] = []): TestServer {
  let server: PostgresServer;
  const open = new Set<PostgresSessionService>();
  beforeAll(async () => {
    server = await PostgresServer.start({ settings });
  }, HOOK_MS);
  afterEach(async () => {
    await Promise.all([...open].map((service) => service.close()));
    open.clear();
  });
  afterAll(() => server.stop(), HOOK_MS);
  return {
    server: () => server,
    database: () => server.createDatabase(),
    open: async (url, options) => {
      const connectionString = url ?? (await server.createDatabase());
      const service = new PostgresSessionService(
        options !== undefined && "pool" in options ? options : { connectionString, ...options },
      );
      open.add(service);
      await service.setup();
      return service;
    },
  };
}

/** A fault between a service and its database: asked before and after each statement. */
export interface Fault {
  readonly before?: (text: string) => unknown;
  readonly after?: (text: string) => unknown;
}

/** What the network says when the other end is gone. */
export function connectionReset(): Error {
  return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
}

/** A pool whose statements fail where the fault says so: before they are sent, or with their answer lost. */
export function faultyPool(pool: PostgresPool, fault: Fault): PostgresPool {
  return {
    connect: async () => {
      const client = await pool.connect();
      return {
        query: async (text, values) => {
          await fault.before?.(text);
          const answer = await client.query(text, values);
          await fault.after?.(text);
          return answer;
        },
        release: (destroy) => client.release(destroy),
        on: (event, listener) => client.on?.(event, listener),
        off: (event, listener) => client.off?.(event, listener),
      };
    },
  };
}
