import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import type { PostgresClient, PostgresPool } from "@sessionfold/postgres";

/** A pool over PostgreSQL in this process, which has one connection: who asks for it while it is taken waits. */
export class PglitePool implements PostgresPool {
  readonly #db: PGlite;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(db: PGlite) {
    this.#db = db;
  }

  /** A database in memory. Without trigrams it is one whose index over texts cannot be made. */
  static async open({ trigrams = true }: { readonly trigrams?: boolean } = {}): Promise<PglitePool> {
    return new PglitePool(await PGlite.create({ extensions: trigrams ? { pg_trgm } : {} }));
  }

  async connect(): Promise<PostgresClient> {
    let release: () => void = () => undefined;
    const before = this.#last;
    this.#last = new Promise<void>((resolve) => {
      release = resolve;
    });
    await before;
    return {
      query: (text, values) => this.#db.query<Record<string, unknown>>(text, values),
      release: () => release(),
    };
  }

  async close(): Promise<void> {
    await this.#db.close();
  }
}
