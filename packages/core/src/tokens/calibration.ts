import { isAiMessage } from "../events/message-content.ts";
import type { SessionEvent } from "../events/session-event.ts";
import type { TokenLedger } from "./token-ledger.ts";

/** Counted tokens that must have been compared before the provider's word is taken. */
const MIN_SAMPLE = 500;
/** A ratio outside says that the two requests did not differ by these events alone (a fold, another agent). */
const PLAUSIBLE = { min: 0.5, max: 3 };

/**
 * Compares the counter with the provider's usage. Between two answers the provider's input grew by what stands
 * between them; the sums of both figures give a factor for the counter. System prompts and tools, which stand in
 * every request and in no event, cancel out.
 */
export class Calibration {
  #observedTo = -1;
  #lastInput: number | undefined;
  #countedSince = 0;
  #provider = 0;
  #counted = 0;

  /** Takes events into account, in log order; those that were seen before change nothing. */
  follow(events: readonly SessionEvent[], ledger: TokenLedger): void {
    for (let at = firstBehind(events, this.#observedTo); at < events.length; at++) {
      const event = events[at];
      if (event !== undefined) this.#observe(event, ledger.of(event));
    }
  }

  #observe(event: SessionEvent, tokens: number): void {
    this.#observedTo = event.seq;
    const input = inputTokensOf(event);
    if (input > 0) {
      const grown = input - (this.#lastInput ?? input);
      const ratio = this.#countedSince === 0 ? 0 : grown / this.#countedSince;
      if (ratio >= PLAUSIBLE.min && ratio <= PLAUSIBLE.max) {
        this.#provider += grown;
        this.#counted += this.#countedSince;
      }
      this.#lastInput = input;
      this.#countedSince = 0;
    }
    this.#countedSince += tokens;
  }

  /** What to multiply counted tokens by; 1 until the provider has said enough. */
  get factor(): number {
    return this.#counted < MIN_SAMPLE ? 1 : this.#provider / this.#counted;
  }
}

function inputTokensOf(event: SessionEvent): number {
  if (event.message === undefined || !isAiMessage(event.message)) return 0;
  const usage = event.message.usage_metadata as { input_tokens?: number } | undefined;
  return usage?.input_tokens ?? 0;
}

/** Index of the first event behind a position, found from the end, where the news are. */
function firstBehind(events: readonly SessionEvent[], seq: number): number {
  let at = events.length;
  while (at > 0 && (events[at - 1]?.seq ?? -1) > seq) at--;
  return at;
}
