import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Place } from "../../crash/support/place.ts";
import { PostgresServer } from "../../support/postgres.ts";

/** A kind of storage that processes share. */
export interface SharedPlaces {
  readonly name: string;
  start(): Promise<void>;
  /** A new storage, for the test that is running. */
  fresh(): Promise<Place>;
  stop(): Promise<void>;
}

/** Files. */
function files(): SharedPlaces {
  return {
    name: "SQLite",
    start: async () => undefined,
    fresh: async () => {
      const folder = mkdtempSync(join(tmpdir(), "sessionfold-race-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      return { kind: "sqlite", path: join(folder, "sessions.db") };
    },
    stop: async () => undefined,
  };
}

/** Databases of a real server. */
function databases(): SharedPlaces {
  let server: PostgresServer | undefined;
  return {
    name: "PostgreSQL",
    start: async () => {
      server = await PostgresServer.start();
    },
    fresh: async () => {
      if (server === undefined) throw new Error("Expected `start` to be called first");
      return { kind: "postgres", url: await server.createDatabase() };
    },
    stop: async () => server?.stop(),
  };
}

export function sharedPlaces(): readonly SharedPlaces[] {
  return [files(), databases()];
}
