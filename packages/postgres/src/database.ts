import { setTimeout as sleep } from "node:timers/promises";
import type { PostgresClient, PostgresPool, PostgresResult } from "./connection.ts";
import { type StatementName, statementsFor } from "./statements.ts";
import { isConnectionLoss, isLostRace, isRefusal, storeError } from "./store-errors.ts";

/** Races that a transaction may lose before it is given up. */
const MOST_RACES = 10;
const RACE_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;
/** Long enough for the pool to learn that its other connections died too. */
const RECONNECT_PAUSE_MS = 50;

/** How a piece of work is run. */
export interface RunOptions {
  /** Whether it may be done twice: it is run once more where the connection died and what was done is not known. */
  readonly repeatable: boolean;
  /** Whether its statements are one transaction; a single statement is one by itself. */
  readonly transaction?: boolean;
}

/** Runs one of our statements. What cannot be a value, quoted names of the database's own, is put in at its place. */
export type Query = (
  statement: StatementName,
  values?: readonly unknown[],
  quotedNames?: Readonly<Record<`$${string}`, string>>,
) => Promise<PostgresResult["rows"]>;

/** The connections of a store: what fails and may be run again is, and what fails for good is told in our words. */
export class Database {
  readonly #pool: PostgresPool;
  readonly #statements: ReadonlyMap<StatementName, string>;
  readonly #reconnectMs: number;

  constructor(pool: PostgresPool, quotedSchema: string, reconnectMs: number) {
    this.#pool = pool;
    this.#statements = statementsFor(quotedSchema);
    this.#reconnectMs = reconnectMs;
    // The pool replaces connections that die while idle; without a listener, the event ends the process. A new connection
    // may die before whoever asked for it is told of it.
    pool.on?.("error", ignore);
    pool.on?.("connect", listen);
  }

  /** Takes its listeners from the pool, which others go on using. */
  detach(): void {
    this.#pool.off?.("error", ignore);
    this.#pool.off?.("connect", listen);
  }

  /** Runs a piece of work. Errors of ours that it throws come out as they are, after its transaction was undone. */
  async run<T>(options: RunOptions, work: (query: Query) => Promise<T>): Promise<T> {
    let losses = 0;
    for (let races = 0; ; ) {
      const client = await this.#connect();
      const attempt = await this.#attempt(client, options.transaction === true, work);
      if ("result" in attempt) return attempt.result;
      const { error } = attempt;
      if (isLostRace(error) && ++races < MOST_RACES) {
        await sleep(Math.min(RACE_PAUSE_MS * 2 ** races, LONGEST_PAUSE_MS) * Math.random());
      } else if (isConnectionLoss(error) && options.repeatable && ++losses === 1) {
        await sleep(RECONNECT_PAUSE_MS);
      } else throw storeError(error);
    }
  }

  /** A connection. A server that cannot be reached is tried again for a while: nothing was sent to it yet. */
  async #connect(): Promise<PostgresClient> {
    const until = Date.now() + this.#reconnectMs;
    for (let pause = RECONNECT_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await this.#pool.connect();
      } catch (error) {
        const mayPass = isConnectionLoss(error) && !isRefusal(error);
        if (!mayPass || Date.now() + pause > until) throw storeError(error);
        await sleep(pause);
      }
    }
  }

  /** What the work gave, or the error of the database; an error of the work itself is thrown. */
  async #attempt<T>(
    client: PostgresClient,
    transaction: boolean,
    work: (query: Query) => Promise<T>,
  ): Promise<{ readonly result: T } | { readonly error: unknown }> {
    let failed: { readonly error: unknown } | undefined;
    let isBroken = false;
    const query: Query = async (statement, values = [], quotedNames = {}) => {
      let text = this.#statements.get(statement) ?? "";
      for (const [place, name] of Object.entries(quotedNames)) text = text.replaceAll(place, () => name);
      try {
        return (await client.query(text, [...values])).rows;
      } catch (error) {
        failed = { error };
        isBroken ||= isConnectionLoss(error);
        throw error;
      }
    };
    client.on?.("error", ignore);
    try {
      if (transaction) await query("begin");
      const result = await work(query);
      if (transaction) await query("commit");
      return { result };
    } catch (error) {
      const own = failed;
      if (transaction && !isBroken) await query("rollback").catch(() => (isBroken = true));
      if (own === undefined || own.error !== error) throw error;
      return own;
    } finally {
      client.off?.("error", ignore);
      client.release(isBroken);
    }
  }
}

/** What died is told by the call that used it. */
function ignore(): void {}

function listen(client: PostgresClient): void {
  client.on?.("error", ignore);
}
