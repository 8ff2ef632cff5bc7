import { startOutside } from "./outside.ts";

/** How jobs are run. */
export interface BackgroundJobsOptions<T> {
  /** Does what was asked. It must not throw: nobody waits for it who could mend it. */
  readonly work: (asked: T) => Promise<void>;
  /** What is asked of a key of which something else is asked already and not begun. */
  readonly both: (waiting: T, added: T) => T;
  /** Jobs at once. */
  readonly maxConcurrent: number;
  /** Keys that may wait; more are not taken. */
  readonly maxWaiting: number;
  /** Given the end of each job when it is taken, for platforms that stop a process which waits for nothing. */
  readonly waitUntil: ((done: Promise<void>) => unknown) | undefined;
}

/** What is to be done for one key. */
interface Job<T> {
  asked: T;
  readonly done: Promise<void>;
  readonly finish: () => void;
}

/**
 * Work in the background, at most one piece for a key at a time and one waiting behind it. It is not run by those who ask
 * for it, and not in their async context.
 */
export class BackgroundJobs<T> {
  readonly #options: BackgroundJobsOptions<T>;
  readonly #waiting = new Map<string, Job<T>>();
  readonly #running = new Map<string, Promise<void>>();
  #stopped = false;
  /** Whether a start is under way. */
  #isStarting = false;

  constructor(options: BackgroundJobsOptions<T>) {
    this.#options = options;
  }

  /**
   * Takes a piece of work; where one of that key waits, both become one. Returns false when it was not taken: too many
   * wait, or there is an end to it.
   */
  add(key: string, asked: T): boolean {
    if (this.#stopped) return false;
    const known = this.#waiting.get(key);
    if (known !== undefined) {
      known.asked = this.#options.both(known.asked, asked);
      return true;
    }
    if (this.#waiting.size >= this.#options.maxWaiting) return false;
    const { promise: done, resolve: finish } = withResolvers();
    this.#waiting.set(key, { asked, done, finish });
    this.#options.waitUntil?.(done);
    this.#startSoon();
    return true;
  }

  /**
   * The end of what runs for a key, or else of what waits; undefined where nothing does. It is the same promise before a
   * piece is begun and after: who has given it up knows it again.
   */
  pending(key: string): Promise<void> | undefined {
    return this.#running.get(key) ?? this.#waiting.get(key)?.done;
  }

  /** Takes no more work. What waits is still done. */
  stop(): void {
    this.#stopped = true;
  }

  /** The end of all that waits or runs at the call. */
  async settled(): Promise<void> {
    await Promise.all([...[...this.#waiting.values()].map(({ done }) => done), ...this.#running.values()]);
  }

  #startSoon(): void {
    // Where all places are taken, the first that ends starts the next.
    if (this.#isStarting || this.#running.size >= this.#options.maxConcurrent) return;
    this.#isStarting = true;
    startOutside(() => {
      this.#isStarting = false;
      this.#startWhatMay();
    });
  }

  #startWhatMay(): void {
    for (const [key, job] of this.#waiting) {
      if (this.#running.size >= this.#options.maxConcurrent) return;
      if (this.#running.has(key)) continue;
      this.#waiting.delete(key);
      this.#running.set(key, job.done);
      void this.#options.work(job.asked).finally(() => {
        this.#running.delete(key);
        job.finish();
        this.#startWhatMay();
      });
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
