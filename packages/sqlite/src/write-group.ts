import { isSessionfoldError } from "@sessionfold/core";
import type { Connection } from "./connection.ts";
import { busyError, isBusy, storeError } from "./store-errors.ts";

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
  readonly #writes: Write[] = [];

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

  /** Writes that were asked for before all of these. */
  putFirst(writes: readonly Write[]): void {
    this.#writes.unshift(...writes);
  }

  /** Does all of it, and tells everybody. @throws SQLite's errors, when nothing was done and nobody told */
  commit(connection: Connection): void {
    const answers = this.#writes.length === 1 ? this.#alone(connection) : this.#together(connection);
    for (const answer of answers) answer();
  }

  /** Tells those whose time is over by then, and returns the others. */
  fail(error: unknown, now: number): readonly Write[] {
    for (const { reject, deadline } of this.#writes) if (deadline <= now) reject(error);
    return this.#writes.filter(({ deadline }) => deadline > now);
  }

  #together(connection: Connection): readonly Answer[] {
    try {
      return connection.transaction("write", () => this.#writes.map((write) => within(connection, write)));
    } catch (error) {
      if (!(error instanceof Spoiled)) throw error;
      if (connection.isBroken) throw error.cause;
      // One of them met an error of the engine: the others shall not suffer for it.
      return this.#alone(connection);
    }
  }

  #alone(connection: Connection): readonly Answer[] {
    const [only] = this.#writes;
    if (this.#writes.length === 1 && only !== undefined) {
      const value = connection.transaction("write", only.task);
      return [() => only.resolve(value)];
    }
    return this.#writes.map(({ task, resolve, reject }) => {
      try {
        const value = connection.transaction("write", task);
        return () => resolve(value);
      } catch (error) {
        return () => reject(isBusy(error) ? busyError(error) : storeError(error));
      }
    });
  }
}

class Spoiled extends Error {}

/** Does one of several writes; what it throws in our words undoes it alone. */
function within(connection: Connection, { task, resolve, reject }: Write): Answer {
  try {
    const value = connection.savepoint(task);
    return () => resolve(value);
  } catch (error) {
    if (!isSessionfoldError(error)) throw new Spoiled("One of several writes failed", { cause: error });
    return () => reject(error);
  }
}
