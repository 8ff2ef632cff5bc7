import {
  exportSession,
  type ImportingService,
  InMemorySessionService,
  type SessionKey,
  type SessionService,
} from "@sessionfold/core";
import { PostgresSessionService } from "@sessionfold/postgres";
import { JsonSessionService } from "../conformance/json-session-service.ts";
import { OpenedFiles } from "../stores/sqlite/opened-files.ts";
import { PglitePool } from "../support/pglite.ts";
import { PostgresServer } from "../support/postgres.ts";

/** A store that takes over sessions, for the tests to export from and to import into. */
export interface ExportStore {
  readonly name: string;
  /** Whether names in it may hold NUL and halves of surrogate pairs. */
  readonly holdsAnyName: boolean;
  /** Opens it empty. */
  readonly create: () => Promise<ImportingService>;
  /** Closes all that was opened, and removes it. */
  readonly remove: () => Promise<void>;
}

/** Hands out what it holds as read from text, as a store with a database does. */
function textStore(): ImportingService {
  const storage = new InMemorySessionService();
  const service = new JsonSessionService(storage);
  service.importSession = (request) => storage.importSession(request);
  return service;
}

async function nothing(): Promise<void> {}

/** Every store, between any two of which a session may go. */
export function exportStores(): readonly ExportStore[] {
  return [
    {
      name: "in-memory",
      holdsAnyName: true,
      create: async () => new InMemorySessionService(),
      remove: nothing,
    },
    { name: "text", holdsAnyName: true, create: async () => textStore(), remove: nothing },
    sqlite(),
    postgres("pglite", async () => {
      const pool = await PglitePool.open();
      return { open: (schema) => new PostgresSessionService({ pool, schema }), end: () => pool.close() };
    }),
    postgres("postgres", async () => {
      const server = await PostgresServer.start();
      const connectionString = server.url();
      return {
        open: (schema) => new PostgresSessionService({ connectionString, schema, max: 2 }),
        end: () => server.stop(),
      };
    }),
  ];
}

function sqlite(): ExportStore {
  const files = new OpenedFiles();
  const opened: { close(): unknown }[] = [];
  return {
    name: "sqlite",
    holdsAnyName: false,
    create: async () => {
      const service = files.create();
      opened.push(service);
      return service;
    },
    remove: async () => {
      for (const service of opened) await service.close();
      files.remove();
    },
  };
}

function postgres(
  name: string,
  start: () => Promise<{ open(schema: string): PostgresSessionService; end(): Promise<unknown> }>,
): ExportStore {
  let started: ReturnType<typeof start> | undefined;
  const opened: PostgresSessionService[] = [];
  return {
    name,
    holdsAnyName: false,
    create: async () => {
      started ??= start();
      const service = (await started).open(`export${opened.length}`);
      opened.push(service);
      await service.setup();
      return service;
    },
    remove: async () => {
      for (const service of opened) await service.close();
      await (await started)?.end();
    },
  };
}

/** The whole export as one text. */
export async function textOf(service: SessionService, key: SessionKey): Promise<string> {
  let text = "";
  for await (const line of exportSession(service, key)) text += line;
  return text;
}
