/** A run never cuts smaller than so many tokens: a request that is too long with those is too long by its prompt. */
const SMALLEST_CUT = 500;
/** Of a limit that was set low, never smaller than this share, */
const SMALLEST_SHARE = 0.25;
/** and never so small that the marks of a cut take the place of text. */
const SMALLEST_EVER = 16;
/** Most runs that a limit which was found again has to hold before a larger one is tried. */
const MOST_PATIENCE = 64;

/** What is known of the length that a provider takes. */
interface Learned {
  /** Tokens that one call may have. */
  readonly tokens: number;
  /** Runs that it has to hold before twice as much is tried. */
  readonly patience: number;
  /** Runs that it has held. */
  readonly held: number;
}

const learned = new WeakMap<object, Learned>();

/**
 * Tokens that one call of a run is given at most. Within a run it sinks where the provider takes less than was thought.
 * Only a run that came to a summary teaches the next ones anything: they begin with what worked. Once that has held, twice as
 * much is tried, up to what was given, so that a spell of wrong errors leaves nothing behind; each time the provider refuses
 * that, it takes twice as many runs until the next try.
 */
export class InputLimit {
  readonly #given: number;
  readonly #owner: object;
  readonly #smallest: number;
  #tokens: number;
  #worked = 0;
  #wasRefused = false;

  /** `owner` is what is remembered for: the model. */
  constructor(given: number, owner: object) {
    this.#given = given;
    this.#owner = owner;
    this.#smallest = Math.max(SMALLEST_EVER, Math.min(SMALLEST_CUT, given * SMALLEST_SHARE));
    this.#tokens = Math.min(given, learned.get(owner)?.tokens ?? given);
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** The provider took a call with so many tokens. */
  took(tokens: number): void {
    this.#worked = Math.max(this.#worked, tokens);
  }

  /**
   * The provider took no call with so many tokens. What the next may have: half of it; undefined where so little cannot be
   * what makes it too long.
   */
  refused(tokens: number): number | undefined {
    const half = Math.floor(tokens / 2);
    if (half < this.#smallest) return undefined;
    this.#tokens = Math.min(this.#tokens, half);
    this.#wasRefused = true;
    return half;
  }

  /** The run came to a summary. */
  succeeded(): void {
    const known = learned.get(this.#owner);
    if (this.#wasRefused) {
      const again = known === undefined ? 1 : known.patience * 2;
      learned.set(this.#owner, { tokens: this.#tokens, patience: Math.min(again, MOST_PATIENCE), held: 0 });
      return;
    }
    // Calls far below the limit say nothing about it.
    if (known === undefined || this.#worked * 2 <= this.#tokens) return;
    const held = known.held + 1;
    if (held < known.patience) learned.set(this.#owner, { ...known, held });
    else if (this.#tokens >= this.#given) learned.delete(this.#owner);
    else learned.set(this.#owner, { ...known, tokens: Math.min(this.#given, this.#tokens * 2), held: 0 });
  }
}
