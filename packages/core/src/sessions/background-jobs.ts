/** How jobs are run. */
export interface BackgroundJobsOptions {
  /** Jobs at once. */
  readonly maxConcurrent: number;
  /** Keys that may wait; more are not taken. */
  readonly maxWaiting: number;
  /** Given the end of each job when it is taken, for platforms that stop a process which waits for nothing. */
  readonly waitUntil: ((done: Promise<void>) => unknown) | undefined;
}

/** What is to be done for one key. */
interface Job {
  readonly work: () => Promise<void>;
  readonly done: Promise<void>;
  readonly finish: () => void;
}

/**
 * Work in the background, at most one piece for a key at a time and one waiting behind it. It is not run by those who ask
 * for it, and not in their async context: one loop, begun at construction, starts it all.
 */
export class BackgroundJobs {
  readonly #options: BackgroundJobsOptions;
  readonly #waiting = new Map<string, Job>();
  readonly #running = new Map<string, Promise<void>>();
  #wake: () => void = () => undefined;
  #stopped = false;

  constructor(options: BackgroundJobsOptions) {
    this.#options = options;
    void this.#loop();
  }

  /**
   * Takes a piece of work, in place of one of that key which waits. Work that throws is its own affair: it must not.
   * Returns false when it was not taken: too many wait, or there is an end to it.
   */
  add(key: string, work: () => Promise<void>): boolean {
    if (this.#stopped) return false;
    const known = this.#waiting.get(key);
    if (known === undefined && this.#waiting.size >= this.#options.maxWaiting) return false;
    if (known !== undefined) {
      this.#waiting.set(key, { ...known, work });
      return true;
    }
    const { promise: done, resolve: finish } = withResolvers();
    this.#waiting.set(key, { work, done, finish });
    this.#options.waitUntil?.(done);
    this.#wake();
    return true;
  }

  /** The end of what waits or runs for a key; undefined where nothing does. */
  pending(key: string): Promise<void> | undefined {
    return this.#waiting.get(key)?.done ?? this.#running.get(key);
  }

  /** Takes no more work. What waits is still done. */
  stop(): void {
    this.#stopped = true;
  }

  /** The end of all that waits or runs at the call. */
  async settled(): Promise<void> {
    await Promise.all([...[...this.#waiting.values()].map(({ done }) => done), ...this.#running.values()]);
  }

  async #loop(): Promise<void> {
    for (;;) {
      const { promise: woken, resolve } = withResolvers();
      this.#wake = resolve;
      this.#startWhatMay();
      await woken;
    }
  }

  #startWhatMay(): void {
    for (const [key, job] of this.#waiting) {
      if (this.#running.size >= this.#options.maxConcurrent) return;
      if (this.#running.has(key)) continue;
      this.#waiting.delete(key);
      const run = job.work().finally(() => {
        this.#running.delete(key);
        job.finish();
        this.#wake();
      });
      this.#running.set(key, run);
    }
  }
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
