import { setImmediate as nextTurn } from "node:timers/promises";
import { retryWhileBusy } from "./busy-retry.ts";
import { Connection } from "./connection.ts";
import type { ResolvedOptions } from "./options.ts";
import { purgeIndex } from "./purge.ts";
import { TRUNCATE_LOG } from "./statements.ts";
import { busyError, closedError, isBusyError } from "./store-errors.ts";
import { type Task, WriteGroup } from "./write-group.ts";

/** Writes that share a commit: the process does nothing else meanwhile, and more of them would hardly be done faster. */
const MOST_WRITES = 256;

/** A database with one connection, open from the first call on. Where it is busy calls wait, and the process does not. */
export class Database {
  readonly #path: string;
  readonly #options: ResolvedOptions;
  #connection: Connection | undefined;
  /** The end of the writes before. They take turns, so that they stay in order while one of them waits. */
  #writes: Promise<unknown> = Promise.resolve();
  /** Those that no turn has taken yet. */
  readonly #waiting: WriteGroup = new WriteGroup();
  #hasTurn = false;
  #closing: Promise<void> | undefined;
  #isClosed = false;

  constructor(path: string, options: ResolvedOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Opens the file, which the first call does otherwise. @throws StoreError, StoredDataError */
  async open(): Promise<void> {
    this.#refuseIfClosing();
    await this.#use(() => undefined, this.#deadline());
  }

  /** Reads what stands there at one moment. @throws StoreError, StoredDataError */
  async read<T>(task: Task<T>): Promise<T> {
    this.#refuseIfClosing();
    const answer = await this.#use((connection) => connection.transaction("read", task), this.#deadline());
    // Whoever reads on and on would otherwise keep everybody else, and the writes, from the process.
    await nextTurn();
    return answer;
  }

  /** Writes all of it or nothing, after the writes that were asked for before. @throws StoreError, StoredDataError */
  async write<T>(task: Task<T>): Promise<T> {
    this.#refuseIfClosing();
    return this.#write(task);
  }

  /** Takes what is left of deleted texts out of the files. @throws StoreError */
  async purge(): Promise<void> {
    this.#refuseIfClosing();
    await this.#purge();
  }

  /** Waits for the writes that were asked for, takes out what is left of deleted texts if asked to, and closes the file. */
  close(purge: boolean): Promise<void> {
    this.#closing ??= this.#close(purge);
    return this.#closing;
  }

  async #close(purge: boolean): Promise<void> {
    try {
      for (let last: unknown; last !== this.#writes; ) {
        last = this.#writes;
        await last;
      }
      if (this.#connection !== undefined) await (purge ? this.#purge() : this.#truncateLog());
    } catch (error) {
      // What another process keeps from being done is done when that one closes.
      if (!isBusyError(error)) throw error;
    } finally {
      this.#isClosed = true;
      this.#connection?.close();
      this.#connection = undefined;
    }
  }

  async #purge(): Promise<void> {
    await purgeIndex((task) => this.#write(task));
    await this.#truncateLog();
  }

  #truncateLog(): Promise<void> {
    return this.#inTurn((connection) => {
      const result = connection.get<{ busy: number }>(TRUNCATE_LOG);
      if (result?.busy === 1) throw busyError(undefined);
    });
  }

  #write<T>(task: Task<T>): Promise<T> {
    const answer = this.#waiting.add(task, this.#deadline());
    this.#takeTurn();
    return answer;
  }

  /** Sees to it that those who wait have their turn, which is not before those who ask in this turn of the event loop have asked. */
  #takeTurn(): void {
    if (this.#hasTurn) return;
    this.#hasTurn = true;
    this.#writes = this.#writes.then(async () => {
      await nextTurn();
      const group = this.#waiting.takeFirst(MOST_WRITES);
      try {
        await this.#use((connection) => group.commit(connection), group.deadline);
      } catch (error) {
        group.fail(error, isBusyError(error) ? performance.now() : Number.POSITIVE_INFINITY);
      }
      // Those of them who joined later wait on, before those who have come since.
      this.#waiting.putFirst(group);
      this.#hasTurn = false;
      if (this.#waiting.size > 0) this.#takeTurn();
    });
  }

  #inTurn<T>(task: Task<T>): Promise<T> {
    const deadline = this.#deadline();
    const turn = this.#writes.then(() => this.#use(task, deadline));
    // Whoever asked for it is told of a failure; the next one has nothing to do with it.
    this.#writes = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  #use<T>(task: Task<T>, deadline: number): Promise<T> {
    return retryWhileBusy(() => {
      if (this.#isClosed) throw closedError();
      this.#connection ??= new Connection(this.#path, this.#options.durability);
      const connection = this.#connection;
      try {
        return task(connection);
      } finally {
        if (connection.isBroken) {
          this.#connection = undefined;
          connection.close();
        }
      }
    }, deadline);
  }

  #deadline(): number {
    return performance.now() + this.#options.busyTimeoutMs;
  }

  #refuseIfClosing(): void {
    if (this.#closing !== undefined) throw closedError();
  }
}
