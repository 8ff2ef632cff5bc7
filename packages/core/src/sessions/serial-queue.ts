/** Runs tasks one after the other, in the order they came. A task that fails holds up nobody. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the task once all before it are done. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
