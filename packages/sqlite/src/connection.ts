import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { UnsupportedError } from "@sessionfold/core";
import { migrate, requireOwn } from "./migrations.ts";
import { isEngineError, isGeneric } from "./store-errors.ts";

/** Values of a statement's parameters, by their names. */
export type Parameters = Readonly<Record<string, SQLInputValue>>;

/** How long SQLite itself may wait for a lock, in milliseconds. The event loop stands still meanwhile. */
const ENGINE_WAIT_MS = 10;

const FIND_FULL_TEXT = "SELECT 1 AS found FROM pragma_module_list WHERE name = 'fts5'";

/** One open database with its prepared statements. All of it is synchronous. */
export class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  #isBroken = false;

  /** Opens the database and brings its schema up to date. @throws StoredDataError, and SQLite's errors */
  constructor(path: string, durability: "full" | "normal") {
    this.#database = new DatabaseSync(path, { enableForeignKeyConstraints: true });
    try {
      this.execute(`PRAGMA busy_timeout = ${ENGINE_WAIT_MS}`);
      // Before anything is changed in it.
      requireOwn(this);
      this.execute("PRAGMA journal_mode = WAL");
      this.execute(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
      // On macOS a plain fsync leaves data in the cache of the drive.
      if (durability === "full") this.execute("PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON");
      // What is deleted is overwritten, also in temporary tables.
      this.execute("PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY");
      // Builds of Node that bring no SQLite of their own, and those before 22.16, may lack it.
      if (this.get(FIND_FULL_TEXT) === undefined)
        throw new UnsupportedError("The SQLite of this Node has no full-text search (FTS5); Node 22.16 has");
      migrate(this);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Whether a transaction of it may still be open; it must not be used any more. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** The first row, or undefined. */
  get<T>(sql: string, parameters: Parameters = {}): T | undefined {
    return this.#prepared(sql).get(parameters) as T | undefined;
  }

  /** All rows. */
  all<T>(sql: string, parameters: Parameters = {}): T[] {
    return this.#prepared(sql).all(parameters) as T[];
  }

  /** Runs a statement and returns how many rows it changed. */
  run(sql: string, parameters: Parameters = {}): number {
    return Number(this.#prepared(sql).run(parameters).changes);
  }

  /** Runs statements without parameters. */
  execute(sql: string): void {
    this.#database.exec(sql);
  }

  /** Runs a task in a transaction, whole or not at all. The task must not be asynchronous. */
  transaction<T>(kind: "read" | "write", task: (connection: Connection) => T): T {
    this.execute(kind === "write" ? "BEGIN IMMEDIATE" : "BEGIN");
    try {
      const result = task(this);
      this.execute("COMMIT");
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** Within a transaction: runs a task that can fail by itself, whole or not at all. */
  savepoint<T>(task: (connection: Connection) => T): T {
    this.execute("SAVEPOINT part");
    try {
      const result = task(this);
      this.execute("RELEASE part");
      return result;
    } catch (error) {
      // An error of the engine may have ended the transaction by itself.
      if (!isEngineError(error)) this.execute("ROLLBACK TO part; RELEASE part");
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #rollBack(): void {
    try {
      this.execute("ROLLBACK");
    } catch (error) {
      // A full disk, for one, ends the transaction by itself; then there is nothing to roll back.
      if (!isGeneric(error)) this.#isBroken = true;
    }
  }
}
