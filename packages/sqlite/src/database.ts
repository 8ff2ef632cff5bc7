import { setImmediate as nextTurn } from "node:timers/promises";
import { retryWhileBusy } from "./busy-retry.ts";
import { Connection } from "./connection.ts";
import type { ResolvedOptions } from "./options.ts";
import { purgeIndex } from "./purge.ts";
import { TRUNCATE_LOG } from "./statements.ts";
import { busyError, closedError, isBusyError } from "./store-errors.ts";
import { type Task, WriteGroup } from "./write-group.ts";

/** A database with one connection, open from the first call on. Where it is busy calls wait, and the process does not. */
export class Database {
  readonly #path: string;
  readonly #options: ResolvedOptions;
  #connection: Connection | undefined;
  /** The end of the writes before. They take turns, so that they stay in order while one of them waits. */
  #writes: Promise<unknown> = Promise.resolve();
  /** Those that wait for their turn together, and that others may join. */
  #gathering: WriteGroup | undefined;
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
    return this.#use((connection) => connection.transaction("read", task), this.#deadline());
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
    const group = this.#gathering ?? this.#gather(new WriteGroup());
    return group.add(task, this.#deadline());
  }

  /** Lets others join a group until its turn comes, which is not before those who ask in this turn of the event loop have asked. */
  #gather(group: WriteGroup): WriteGroup {
    this.#gathering = group;
    const turn = this.#writes.then(async () => {
      await nextTurn();
      if (this.#gathering === group) this.#gathering = undefined;
      try {
        await this.#use((connection) => group.commit(connection), group.deadline);
      } catch (error) {
        const now = isBusyError(error) ? performance.now() : Number.POSITIVE_INFINITY;
        // Those who joined later wait on, before those who have come since.
        const left = group.fail(error, now);
        if (left.length > 0) (this.#gathering ?? this.#gather(new WriteGroup())).putFirst(left);
      }
    });
    this.#writes = turn;
    return group;
  }

  #inTurn<T>(task: Task<T>): Promise<T> {
    this.#gathering = undefined;
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
