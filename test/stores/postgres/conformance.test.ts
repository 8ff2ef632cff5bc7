import { sessionServiceConformance } from "@sessionfold/conformance";
import type { SessionService } from "@sessionfold/core";
import { PostgresSessionService } from "@sessionfold/postgres";
import { afterAll, beforeAll, describe, test } from "vitest";
import { PostgresServer } from "../../support/postgres.ts";

/** A server of its own takes a while to start on a busy machine. */
const HOOK_MS = 60_000;

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
}, HOOK_MS);
afterAll(() => server.stop());

const urls = new WeakMap<SessionService, string>();

async function opened(url: string): Promise<PostgresSessionService> {
  const service = new PostgresSessionService({ connectionString: url });
  await service.setup();
  urls.set(service, url);
  return service;
}

sessionServiceConformance(
  { describe, test },
  {
    name: "PostgresSessionService",
    create: async () => opened(await server.createDatabase()),
    reopen: (service) => opened(urls.get(service) ?? ""),
    dispose: (service) => (service as PostgresSessionService).close(),
  },
);
