import { CalledOff, withDeadline } from "@sessionfold/core/engine";

/** What a call waits for. */
export interface Awaited {
  /** Whether the conversation is still too large. */
  readonly isTooLarge: () => Promise<boolean>;
  /** The end of what is done about it; undefined where nothing is. */
  readonly pending: () => Promise<void> | undefined;
  /** Sees to it that something is done, if it is taken. */
  readonly start: () => void;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** Why a call that waited gave up. It is never seen outside. */
class WaitedLongEnough extends Error {}

/** Calls of a conversation that is too large wait for its fold. What one has waited for in vain, no other waits for. */
export class LimitWait {
  readonly #timeoutMs: number;
  readonly #givenUp = new WeakSet<Promise<void>>();

  /** `timeoutMs`: how long a call waits. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Waits until the conversation is no longer too large, until all is done that can be, or long enough. */
  async wait({ isTooLarge, pending, start, signal }: Awaited): Promise<void> {
    if (this.#timeoutMs === 0) return;
    let hasStarted = false;
    await this.#within(signal, pending, async (over) => {
      while (!over.aborted && (await isTooLarge())) {
        if (over.aborted) return;
        if (pending() === undefined && !hasStarted) {
          hasStarted = true;
          start();
        }
        const done = pending();
        if (done === undefined || this.#givenUp.has(done)) return;
        await done;
      }
    });
  }

  /** Waits for the end of what is done about a conversation. False where it has not come in time. */
  async end({ pending, signal }: Pick<Awaited, "pending" | "signal">): Promise<boolean> {
    const done = pending();
    if (done === undefined) return true;
    if (this.#timeoutMs === 0 || this.#givenUp.has(done)) return false;
    return this.#within(signal, pending, () => done);
  }

  async #within(
    signal: AbortSignal,
    pending: Awaited["pending"],
    work: (over: AbortSignal) => Promise<void>,
  ): Promise<boolean> {
    try {
      const timedOut = (): Error => new WaitedLongEnough();
      await withDeadline(work, { timeoutMs: this.#timeoutMs, signal, timedOut });
      return true;
    } catch (error) {
      const done = pending();
      if (error instanceof WaitedLongEnough && done !== undefined) this.#givenUp.add(done);
      if (!(error instanceof WaitedLongEnough) && !(error instanceof CalledOff)) throw error;
      return false;
    }
  }
}
