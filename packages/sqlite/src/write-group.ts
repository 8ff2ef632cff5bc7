import type { Connection } from "./connection.ts";
import { isBusy, isEngineError, storeError } from "./store-errors.ts";

/** What is done with an open connection, all at once. */
export type Task<T> = (connection: Connection) => T;

/** A write that waits for its commit. */
export interface Write {
  /** Until when it may wait for a busy file: a reading of `performance.now()`. */
  readonly deadline: number;
  readonly task: Task<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Says what became of a write, to whoever asked for it. */
type Answer = () => void;

/**
 * Writes that are asked for at about the same time, and share one commit: waiting for the disk is what a write costs. Each is
 * whole or not at all by itself, in the order in which they were asked for, and acknowledged once all are on the disk.
 */
export class WriteGroup {
  readonly #writes: Write[];

  constructor(writes: readonly Write[] = []) {
    this.#writes = [...writes];
  }

  /** How many have not been told yet what became of them. */
  get size(): number {
    return this.#writes.length;
  }

  /** When the first of them has waited long enough. */
  get deadline(): number {
    return this.#writes[0]?.deadline ?? 0;
  }

  /** One more write. */
  add<T>(task: Task<T>, deadline: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#writes.push({ task, deadline, resolve: resolve as Write["resolve"], reject });
    });
  }

  /** The first of them, as a group of their own. */
  takeFirst(most: number): WriteGroup {
    return new WriteGroup(this.#writes.splice(0, most));
  }

  /** Takes those of another group, which were asked for before all of these. */
  putFirst(group: WriteGroup): void {
    this.#writes.unshift(...group.#writes.splice(0));
  }

  /**
   * Does all of it, and tells everybody. Those that the connection was no longer of use for are left, to be done with another.
   * @throws SQLite's errors, when nothing was done of those that are left
   */
  commit(connection: Connection): void {
    const answers = this.#writes.length > 1 ? this.#together(connection) : undefined;
    if (answers === undefined) {
      this.#oneByOne(connection);
      return;
    }
    this.#writes.length = 0;
    for (const answer of answers) answer();
  }

  /** Tells those whose time is over by then. The others are left. */
  fail(error: unknown, now: number): void {
    for (const write of this.#writes.splice(0)) {
      if (write.deadline <= now) write.reject(error);
      else this.#writes.push(write);
    }
  }

  #together(connection: Connection): readonly Answer[] | undefined {
    try {
      return connection.transaction("write", () => this.#writes.map((write) => within(connection, write)));
    } catch (error) {
      if (!(error instanceof Spoiled)) throw error;
      if (connection.isBroken) throw error.cause;
      // One of them met an error of the engine: the others shall not suffer for it.
      return undefined;
    }
  }

  #oneByOne(connection: Connection): void {
    for (let write = this.#writes[0]; write !== undefined && !connection.isBroken; write = this.#writes[0]) {
      const { task, resolve, reject } = write;
      try {
        resolve(connection.transaction("write", task));
      } catch (error) {
        // It may still wait, and those behind it with it, so that they stay in order.
        if (isBusy(error)) throw error;
        reject(storeError(error));
      }
      this.#writes.shift();
    }
  }
}

class Spoiled extends Error {}

/** Does one of several writes; what it throws undoes it alone, unless it comes from SQLite. */
function within(connection: Connection, { task, resolve, reject }: Write): Answer {
  try {
    const value = connection.savepoint(task);
    return () => resolve(value);
  } catch (error) {
    if (isEngineError(error)) throw new Spoiled("One of several writes failed", { cause: error });
    return () => reject(storeError(error));
  }
}
