/** Lets one holder at a time have a key; the others wait in the order they came. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>();

  /** Waits for its turn. The function it resolves to ends the turn. Rejects when the signal ends the wait. */
  async acquire(key: string, signal: AbortSignal | undefined): Promise<() => void> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    let end = (): void => {};
    const turn = new Promise<void>((resolve) => {
      end = resolve;
    });
    const tail = before.then(() => turn);
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    try {
      await orAborted(before, signal);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }
}

/** The promise, or the reason of the signal if that comes first. What the promise comes to afterwards is ignored. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
