/** Runs tasks one after the other, in the order they came. A task that fails holds up nobody. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the task once all before it are done. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    // Only the end matters: keeping the result would keep what was read for as long as nobody reads again.
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
