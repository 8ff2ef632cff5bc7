import type {
  ConditionalAppendService,
  EventDeletingService,
  FoldKeepingService,
  ImportingService,
  LeasingService,
  SearchingService,
} from "@sessionfold/core";
import { PostgresSessionService } from "@sessionfold/postgres";
import { PostgresServer } from "../support/postgres.ts";
import { OpenedFiles } from "./sqlite/opened-files.ts";

/** A store with all that a store may offer. */
export type Store = EventDeletingService &
  ConditionalAppendService &
  FoldKeepingService &
  ImportingService &
  LeasingService &
  SearchingService & { close(): Promise<void> | void };

/** Stores over one new storage, as several processes have them. */
export type OpenStore = () => Promise<Store>;

/** A kind of store that processes share. */
export interface SharedStores {
  readonly name: string;
  start(): Promise<void>;
  /** A new storage. */
  fresh(): Promise<OpenStore>;
  stop(): Promise<void>;
}

/** Files, each opened as often as is asked for. */
export function sqliteStores(): SharedStores {
  const files = new OpenedFiles();
  const opened: Store[] = [];
  return {
    name: "SQLite",
    start: async () => undefined,
    fresh: async () => {
      const path = files.path();
      return async () => {
        const store = files.at(path);
        opened.push(store);
        return store;
      };
    },
    stop: async () => {
      for (const store of opened) await store.close();
      files.remove();
    },
  };
}

/** Databases of a real server, each with as many pools as are asked for. */
export function postgresStores(): SharedStores {
  let server: PostgresServer | undefined;
  const opened: Store[] = [];
  return {
    name: "PostgreSQL",
    start: async () => {
      server = await PostgresServer.start();
    },
    fresh: async () => {
      if (server === undefined) throw new Error("Expected `start` to be called first");
      const connectionString = await server.createDatabase();
      return async () => {
        const store = new PostgresSessionService({ connectionString });
        await store.setup();
        opened.push(store);
        return store;
      };
    },
    stop: async () => {
      for (const store of opened) await store.close();
      await server?.stop();
    },
  };
}
