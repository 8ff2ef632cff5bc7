import type { SessionEvent } from "../events/session-event.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";
import { countMessageTokens, type TokenCounter } from "./token-counter.ts";

/** Counts each event at most once: the count stays with the event for as long as the event is in memory. */
export class TokenLedger {
  /** The counter behind it. */
  readonly counter: TokenCounter;
  readonly #counts = new WeakMap<SessionEvent, number>();

  constructor(counter: TokenCounter) {
    this.counter = counter;
  }

  /** Tokens of the event, by the counter alone. */
  of(event: SessionEvent): number {
    const known = this.#counts.get(event);
    if (known !== undefined) return known;
    const tokens = event.message === undefined ? 0 : countMessageTokens(event.message, this.counter);
    if (!Number.isFinite(tokens) || tokens < 0) {
      throw new ConfigurationError(
        `Expected \`tokenCounter\` to return a number >= 0, got ${describe(tokens)}`,
      );
    }
    this.#counts.set(event, tokens);
    return tokens;
  }

  /** The count of an event, if it was counted before. */
  known(event: SessionEvent): number | undefined {
    return this.#counts.get(event);
  }

  /** Takes over a count that a store kept. */
  take(event: SessionEvent, tokens: number): void {
    if (Number.isFinite(tokens) && tokens >= 0) this.#counts.set(event, tokens);
  }

  /** Tokens of several events together. */
  ofAll(events: Iterable<SessionEvent>): number {
    let sum = 0;
    for (const event of events) sum += this.of(event);
    return sum;
  }
}
