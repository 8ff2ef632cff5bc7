import { CalledOff, withDeadline } from "../shared/deadline.ts";
import type { TrackedSession } from "./tracked-session.ts";

/** What reads wait for, and how long. */
export interface WaitingReadsOptions {
  /** How long a read waits, in milliseconds. */
  readonly waitMs: number;
  /** Ends all waiting. */
  readonly closing: AbortSignal;
  /** Whether the session is too large. */
  readonly isTooLarge: (tracked: TrackedSession) => Promise<boolean>;
  /** The end of what is done about a session; undefined where nothing is. */
  readonly pending: (tracked: TrackedSession) => Promise<void> | undefined;
  /** Sees to it that something is done, if it is taken. */
  readonly start: (tracked: TrackedSession) => void;
}

/** Why a read that waited gave up. It is never seen outside. */
class WaitedLongEnough extends Error {}

/**
 * Reads of a session that is too large wait for its fold, within one limit, whatever they wait for: the measuring, the
 * fold under way, the one behind it. What was waited for once, in vain, nobody waits for again.
 */
export class WaitingReads {
  readonly #options: WaitingReadsOptions;
  /** Where the log of a session ended when it was last tried. */
  readonly #tried = new WeakMap<TrackedSession, number>();
  readonly #givenUp = new WeakSet<Promise<void>>();
  readonly #measured = new WeakMap<TrackedSession, Measured>();

  constructor(options: WaitingReadsOptions) {
    this.#options = options;
  }

  /** Notes that all that could be done about the session, as it stands now, is done or under way. */
  tried(tracked: TrackedSession): void {
    this.#tried.set(tracked, tracked.log.lastSeq);
  }

  /** Waits until the session is no longer too large, or long enough. False where there was nothing to wait for. */
  async wait(tracked: TrackedSession): Promise<boolean> {
    const { waitMs: timeoutMs, closing: signal } = this.#options;
    if (signal.aborted || !this.#mayHelp(tracked)) return false;
    let hasWaited = false;
    const timedOut = (): Error => new WaitedLongEnough();
    try {
      await withDeadline(
        async (over) => {
          while (!over.aborted && this.#mayHelp(tracked) && (await this.#isTooLarge(tracked))) {
            if (over.aborted) return;
            if (this.#options.pending(tracked) === undefined) this.#options.start(tracked);
            const done = this.#options.pending(tracked);
            if (done === undefined) return;
            hasWaited = true;
            await done;
          }
        },
        { timeoutMs, signal, timedOut },
      );
    } catch (error) {
      if (error instanceof WaitedLongEnough) this.#giveUp(tracked);
      else if (!(error instanceof CalledOff)) throw error;
    }
    return hasWaited;
  }

  #mayHelp(tracked: TrackedSession): boolean {
    const done = this.#options.pending(tracked);
    return done === undefined ? this.#tried.get(tracked) !== tracked.log.lastSeq : !this.#givenUp.has(done);
  }

  #giveUp(tracked: TrackedSession): void {
    const done = this.#options.pending(tracked);
    if (done !== undefined) this.#givenUp.add(done);
    this.tried(tracked);
  }

  /**
   * Measured once for all who read the same state. So a trigger that reads the session it is asked about waits for
   * itself, at most until the limit, and does not ask itself again and again.
   */
  #isTooLarge(tracked: TrackedSession): Promise<boolean> {
    const { lastSeq } = tracked.log;
    const known = this.#measured.get(tracked);
    if (known?.lastSeq === lastSeq) return known.answer;
    const answer = this.#options.isTooLarge(tracked);
    const measured = { lastSeq, answer };
    this.#measured.set(tracked, measured);
    const forget = (): void => {
      if (this.#measured.get(tracked) === measured) this.#measured.delete(tracked);
    };
    answer.then(forget, forget);
    return answer;
  }
}

/** A measuring in progress, and the state that it is of. */
interface Measured {
  readonly lastSeq: number;
  readonly answer: Promise<boolean>;
}
