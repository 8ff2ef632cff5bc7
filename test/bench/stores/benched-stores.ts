import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ImportingService, SessionService } from "@sessionfold/core";
import { PostgresSessionService } from "@sessionfold/postgres";
import { SqliteSessionService } from "@sessionfold/sqlite";
import { PostgresServer } from "../../support/postgres.ts";

/** A store on this machine's disk, as it is used in earnest: what it acknowledges has reached the disk. */
export interface BenchedStore {
  readonly name: string;
  readonly service: ImportingService & SessionService;
  stop(): Promise<void>;
}

/** A new file. */
export async function sqlite(durability: "full" | "normal"): Promise<BenchedStore> {
  const folder = mkdtempSync(join(tmpdir(), "sessionfold-bench-"));
  const service = new SqliteSessionService(join(folder, "sessions.db"), { durability });
  return {
    name: `SQLite (${durability})`,
    service,
    stop: async () => {
      await service.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A new database of a server of its own. */
export async function postgres(): Promise<BenchedStore> {
  const server = await PostgresServer.start({ fsync: true });
  const service = new PostgresSessionService({ connectionString: await server.createDatabase(), max: 16 });
  await service.setup();
  return {
    name: "PostgreSQL",
    service,
    stop: async () => {
      await service.close();
      await server.stop();
    },
  };
}
