import type { SessionKey } from "@sessionfold/core";
import type { PostgresPool } from "@sessionfold/postgres";
import { PostgresSessionService } from "@sessionfold/postgres";
import { SqliteSessionService } from "@sessionfold/sqlite";
import type { Store } from "../../stores/shared-stores.ts";
import { OpenedFiles } from "../../stores/sqlite/opened-files.ts";
import type { SharedKind } from "./config.ts";

/** The storage of one run, which processes share. */
export interface SharedStorage {
  /** Whether leases end by the machine's time. */
  readonly leasesByMachine: boolean;
  /** A service over it, as a process of its own has. */
  connect(clock: () => number): Store;
  close(): Promise<void>;
}

/** Makes storages that hold nothing of these keys. */
export type OpenShared = (kind: SharedKind, keys: readonly SessionKey[]) => Promise<SharedStorage>;

/** SQLite in files of their own, and in memory. */
export function sqliteStorages(): { readonly open: OpenShared; remove(): void } {
  let files: OpenedFiles | undefined;
  const pathOfNew = (): string => {
    files ??= new OpenedFiles();
    return files.path();
  };
  const open: OpenShared = async (kind) => {
    const path = kind === "sqlite memory" ? ":memory:" : pathOfNew();
    const opened: SqliteSessionService[] = [];
    return {
      leasesByMachine: false,
      connect: (clock) => {
        const [only] = opened;
        // What stands in memory has one connection.
        if (kind === "sqlite memory" && only !== undefined) return only;
        const service = new SqliteSessionService(path, { clock, durability: "normal" });
        opened.push(service);
        return service;
      },
      close: async () => {
        for (const service of opened) await service.close({ purge: false });
      },
    };
  };
  return { open, remove: () => files?.remove() };
}

/** One database of PostgreSQL, which is emptied before each run. */
export function postgresStorages(pool: PostgresPool): OpenShared {
  const ready = new PostgresSessionService({ pool }).setup();
  return async (_, keys) => {
    await ready;
    const opened = [new PostgresSessionService({ pool })];
    for (const key of keys) await opened[0]?.deleteSession(key);
    return {
      leasesByMachine: true,
      connect: (clock) => {
        const service = new PostgresSessionService({ pool, clock });
        opened.push(service);
        return service;
      },
      close: async () => {
        for (const service of opened) await service.close();
      },
    };
  };
}
