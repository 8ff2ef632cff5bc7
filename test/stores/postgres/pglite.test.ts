import { sessionServiceConformance } from "@sessionfold/conformance";
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

// A database takes a second to make, so each service has a schema of its own.
sessionServiceConformance(
  { describe, test },
  {
    name: "PostgresSessionService on PGlite",
    create: () => opened(`s${++schemas}`),
    reopen: (service) => opened(schemaOf.get(service) ?? ""),
    dispose: (service) => (service as PostgresSessionService).close(),
  },
);
