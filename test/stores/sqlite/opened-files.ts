import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionService } from "@sessionfold/core";
import { SqliteSessionService, type SqliteSessionServiceOptions } from "@sessionfold/sqlite";

/** Services over files of their own in one folder, which `remove` deletes. */
export class OpenedFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), "sessionfold-sqlite-"));
  readonly #paths = new WeakMap<SessionService, string>();
  #made = 0;

  /** A path at which nothing is yet. */
  path(): string {
    return join(this.#folder, `${++this.#made}.db`);
  }

  /** A service over a new file. */
  create(options?: SqliteSessionServiceOptions): SqliteSessionService {
    return this.at(this.path(), options);
  }

  /** A service over that file. */
  at(path: string, options?: SqliteSessionServiceOptions): SqliteSessionService {
    const service = new SqliteSessionService(path, options);
    this.#paths.set(service, path);
    return service;
  }

  /** The file of a service. */
  pathOf(service: SessionService): string {
    const path = this.#paths.get(service);
    if (path === undefined) throw new Error("Expected a service that was opened here");
    return path;
  }

  /** One more service over the file of that one. */
  another(service: SessionService, options?: SqliteSessionServiceOptions): SqliteSessionService {
    return this.at(this.pathOf(service), options);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
