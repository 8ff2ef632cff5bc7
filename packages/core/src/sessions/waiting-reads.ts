import { keyString } from "../events/session-key.ts";
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

/** Sessions of which it is remembered how they stood when they were last tried; the oldest are forgotten. */
const MOST_TRIED = 10_000;

/** Why a read that waited gave up. It is never seen outside. */
class WaitedLongEnough extends Error {}

/**
 * Reads of a session that is too large wait for its fold, within one limit, whatever they wait for: the measuring, the
 * fold under way, the one behind it. What was waited for once, in vain, nobody waits for again.
 */
export class WaitingReads {
  readonly #options: WaitingReadsOptions;
  /** Where the log of a session ended when it was last tried. By key: the session itself may be forgotten meanwhile. */
  readonly #tried = new Map<string, string>();
  readonly #givenUp = new WeakSet<Promise<void>>();
  readonly #measured = new WeakMap<TrackedSession, Measured>();

  constructor(options: WaitingReadsOptions) {
    this.#options = options;
  }

  /** Notes that all that could be done about the session, as it stands now, is done or under way. */
  tried(tracked: TrackedSession): void {
    const key = keyString(tracked.key);
    this.#tried.delete(key);
    this.#tried.set(key, endOf(tracked));
    const [oldest] = this.#tried.keys();
    if (this.#tried.size > MOST_TRIED && oldest !== undefined) this.#tried.delete(oldest);
  }

  /** Notes that there is more that can be done. */
  notTried(tracked: TrackedSession): void {
    this.#tried.delete(keyString(tracked.key));
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
    if (done !== undefined) return !this.#givenUp.has(done);
    return this.#tried.get(keyString(tracked.key)) !== endOf(tracked);
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

/** What tells one state of a session from a later one, and from that of another session under its key. */
function endOf({ log }: TrackedSession): string {
  return log.events.at(-1)?.id ?? "";
}
