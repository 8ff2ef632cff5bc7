import type { SessionEvent } from "../events/session-event.ts";
import type { TokenLedger } from "./token-ledger.ts";

/** Running sums of tokens over a growing list of events. An event is counted when a sum that needs it is asked for. */
export class TokenSums {
  readonly #ledger: TokenLedger;
  readonly #events: SessionEvent[] = [];
  readonly #sums: number[] = [0];

  constructor(ledger: TokenLedger) {
    this.#ledger = ledger;
  }

  /** How many events the list holds. */
  get length(): number {
    return this.#events.length;
  }

  /** Puts one more event at the end. */
  push(event: SessionEvent): void {
    this.#events.push(event);
  }

  /** Tokens of the first `end` events, by the counter alone. */
  upTo(end: number): number {
    for (let at = this.#sums.length - 1; at < end; at++) {
      const event = this.#events[at];
      const tokens = event === undefined ? 0 : this.#ledger.of(event);
      this.#sums.push((this.#sums[at] ?? 0) + tokens);
    }
    return this.#sums[end] ?? 0;
  }
}
