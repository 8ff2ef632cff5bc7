import { sessionServiceConformance, summarizingConformance } from "@sessionfold/conformance";
import type { SessionService } from "@sessionfold/core";
import { PostgresSessionService } from "@sessionfold/postgres";
import { afterAll, beforeAll, describe, test } from "vitest";
import { PglitePool } from "../../support/pglite.ts";

/** A server of its own takes a while to start on a busy machine. */
const HOOK_MS = 60_000;

let pool: PglitePool;
let schemas = 0;
beforeAll(async () => {
  pool = await PglitePool.open();
}, HOOK_MS);
afterAll(() => pool.close());

const schemaOf = new WeakMap<SessionService, string>();

async function opened(schema: string): Promise<PostgresSessionService> {
  const service = new PostgresSessionService({ pool, schema });
  await service.setup();
  schemaOf.set(service, schema);
  return service;
}

// A database takes seconds to make, so each service has a schema of its own.
const store = {
  name: "PostgresSessionService on PGlite",
  create: () => opened(`s${++schemas}`),
  reopen: (service: SessionService) => opened(schemaOf.get(service) ?? ""),
  dispose: (service: SessionService) => (service as PostgresSessionService).close(),
  longLog: {
    events: 300,
    reason: "PostgreSQL as a module of this process is slow, and its real self runs all 1,100",
  },
};

sessionServiceConformance({ describe, test }, store);

summarizingConformance({ describe, test }, { ...store, mode: "inline" });
