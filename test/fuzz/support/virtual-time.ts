interface Timer {
  readonly due: number;
  readonly order: number;
  readonly act: () => void;
  /** Acts again and again, so many milliseconds apart: nobody waits for it. */
  readonly every?: number;
}

/**
 * Time that stands still until it is told to go on: in a run nothing ever waits for the machine's clock, so the same seed
 * gives the same run. While installed it takes the place of the global timers and clocks.
 */
export class VirtualTime {
  #now = 1_700_000_000_000;
  #order = 0;
  readonly #timers = new Map<object, Timer>();

  /** Milliseconds since the epoch. */
  readonly now = (): number => this.#now;

  /** Whether a timer is set that acts once. */
  get isAwaited(): boolean {
    return this.#next(isOnce) !== undefined;
  }

  /**
   * Lets so many milliseconds pass; timers that come due act in order. One that acts again and again does so once, as in a
   * process that stood still meanwhile.
   */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let next = this.#next(); next !== undefined && next[1].due <= end; next = this.#next()) {
      const [timer, { due, act, every }] = next;
      this.#timers.delete(timer);
      if (every !== undefined)
        this.#timers.set(timer, { due: end + every, order: this.#order++, act, every });
      this.#now = Math.max(this.#now, due);
      act();
    }
    this.#now = end;
  }

  /** Lets time pass until the next timer has acted. */
  advanceToNext(): void {
    const next = this.#next(isOnce);
    if (next !== undefined) this.advance(Math.max(0, next[1].due - this.#now));
  }

  /** Takes the place of the machine's timers and clocks; what it returns puts them back. */
  install(): () => void {
    const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = globalThis;
    const { now: dateNow } = Date;
    const started = this.#now;
    const ownNow = Object.getOwnPropertyDescriptor(performance, "now");
    globalThis.setTimeout = ((act: () => void, delay?: number) => this.#set(act, delay ?? 0)) as never;
    const clear = (timer: unknown): boolean => this.#timers.delete(timer as object);
    globalThis.setInterval = ((act: () => void, delay?: number) =>
      this.#set(act, delay ?? 0, Math.max(1, delay ?? 0))) as never;
    Object.assign(globalThis, { clearTimeout: clear, clearInterval: clear });
    // Never left waiting: what starts work outside of a run outlives it.
    globalThis.setImmediate = ((act: () => void) => queueMicrotask(act)) as never;
    Date.now = this.now;
    Object.defineProperty(performance, "now", { configurable: true, value: () => this.#now - started });
    return () => {
      Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate });
      Date.now = dateNow;
      if (ownNow === undefined) delete (performance as { now?: unknown }).now;
      else Object.defineProperty(performance, "now", ownNow);
    };
  }

  #set(act: () => void, delay: number, every?: number): object {
    const timer = { unref: () => timer, ref: () => timer };
    const due = this.#now + Math.max(0, delay);
    this.#timers.set(timer, { due, order: this.#order++, act, ...(every !== undefined && { every }) });
    return timer;
  }

  #next(isMeant: (timer: Timer) => boolean = () => true): readonly [object, Timer] | undefined {
    let first: readonly [object, Timer] | undefined;
    for (const entry of this.#timers) {
      if (!isMeant(entry[1])) continue;
      const [, { due, order }] = entry;
      if (first === undefined || due < first[1].due || (due === first[1].due && order < first[1].order))
        first = entry;
    }
    return first;
  }
}

function isOnce({ every }: Timer): boolean {
  return every === undefined;
}
