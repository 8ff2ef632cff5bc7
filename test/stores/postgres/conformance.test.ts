import { exemptionsFor, sessionServiceConformance, summarizingConformance } from "@sessionfold/conformance";
import { type SessionService, type SummarizingSessionService, withSummaries } from "@sessionfold/core";
import { PostgresSessionService } from "@sessionfold/postgres";
import { afterAll, beforeAll, describe, test } from "vitest";
import { PostgresServer } from "../../support/postgres.ts";
import { HOOK_MS } from "./support.ts";

let server: PostgresServer;
let schemas = 0;
beforeAll(async () => {
  server = await PostgresServer.start();
}, HOOK_MS);
afterAll(() => server.stop(), HOOK_MS);

const schemaOf = new WeakMap<SessionService, string>();

// A schema of its own is made faster, and takes less of the disk, than a database.
async function opened(schema: string): Promise<PostgresSessionService> {
  const service = new PostgresSessionService({ connectionString: server.url(), schema });
  await service.setup();
  schemaOf.set(service, schema);
  return service;
}

const store = {
  name: "PostgresSessionService",
  create: () => opened(`s${++schemas}`),
  reopen: (service: SessionService) => opened(schemaOf.get(service) ?? ""),
  dispose: (service: SessionService) => (service as PostgresSessionService).close(),
};

sessionServiceConformance({ describe, test }, store);

summarizingConformance({ describe, test }, { ...store, mode: "inline" });

const inners = new WeakMap<SessionService, PostgresSessionService>();
function decorated(inner: PostgresSessionService): SummarizingSessionService {
  // Due at every chance and with nothing kept, so that every read of a rule has summaries in its way.
  const service = withSummaries(inner, {
    mode: "inline",
    trigger: () => true,
    keep: { turns: 0 },
    tokenCounter: (text) => text.length,
  });
  inners.set(service, inner);
  return service;
}

sessionServiceConformance(
  { describe, test },
  {
    name: "A decorated PostgresSessionService",
    create: async () => decorated(await store.create()),
    reopen: async (service) => decorated(await store.reopen(inners.get(service) ?? service)),
    dispose: async (service) => {
      await (service as SummarizingSessionService).close();
      await inners.get(service)?.close();
    },
    exemptions: exemptionsFor({
      deleteEvents: "A decorated service deletes by `prune`, never events of the caller's choice.",
    }),
    longLog: { events: 200, reason: "every append folds, in a transaction of its own on a real server" },
  },
);
