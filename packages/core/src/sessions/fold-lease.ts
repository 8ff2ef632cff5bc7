import type { ClaimTerms } from "../engine/compaction-target.ts";
import type { SessionKey } from "../events/session-key.ts";
import { every, systemSleep, withDeadline } from "../shared/deadline.ts";
import { errorName, StoreError } from "../shared/errors.ts";
import type { Lease, LeasingService } from "./store-capabilities.ts";

/** First and longest wait between two questions whether another has finished, in milliseconds. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;
/** How long a fold that is done waits for the store to take its lease back, in milliseconds. */
const RELEASED_WITHIN_MS = 1_000;
/** A lease is renewed when this part of it is over. */
const RENEWED_AFTER = 1 / 3;

/** What a lease on a fold is taken with. */
export interface FoldLeaseOptions {
  readonly inner: LeasingService;
  readonly key: SessionKey;
  readonly scope: string | undefined;
  /** Milliseconds that it holds if its holder dies. */
  readonly ttlMs: number;
  readonly logger: { warn(message: string): void };
}

/**
 * The right to fold a session, which one process at a time has of all that share a store: so only one pays. It is renewed for
 * as long as the fold goes on.
 */
export class FoldLease {
  /** What the store granted. */
  readonly lease: Lease;
  readonly #options: FoldLeaseOptions;
  readonly #lost = new AbortController();
  #isLost = false;
  readonly #stopRenewing: () => void;

  private constructor(lease: Lease, options: FoldLeaseOptions) {
    this.lease = lease;
    this.#options = options;
    this.#stopRenewing = every(Math.max(1, options.ttlMs * RENEWED_AFTER), () => void this.#renew());
  }

  /** Takes the lease, or waits for it where the caller does; null while another holds it. */
  static async take(
    options: FoldLeaseOptions,
    { waitMs, signal, isDetached }: ClaimTerms,
  ): Promise<FoldLease | null> {
    const { inner, key, scope, ttlMs } = options;
    const name = scope === undefined ? "fold" : `fold:${scope}`;
    const until = performance.now() + waitMs;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      const lease = await inner.acquireLease({ ...key, name, ttlMs });
      if (lease !== null) return new FoldLease(lease, options);
      const left = until - performance.now();
      if (left <= 0) return null;
      await systemSleep(Math.min(wait, left), signal, isDetached);
    }
  }

  /** Aborts when it is found on the way that another has taken it. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether another was found to have it. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** The store has refused what was to be stored under it. */
  refused(): void {
    this.#isLost = true;
  }

  /** Gives it back, but does not wait long for a store that does not answer. */
  async release(): Promise<void> {
    this.#stopRenewing();
    const { inner, key } = this.#options;
    try {
      await withDeadline(() => inner.releaseLease({ ...key, lease: this.lease }), {
        timeoutMs: RELEASED_WITHIN_MS,
        signal: undefined,
        isDetached: true,
        timedOut: () => new StoreError("store-unavailable", "The store does not answer about a lease"),
      });
    } catch (error) {
      this.#warn("given back, it ends by itself", error);
    }
  }

  async #renew(): Promise<void> {
    const { inner, key, ttlMs } = this.#options;
    try {
      if (!(await inner.renewLease({ ...key, lease: this.lease, ttlMs }))) {
        this.#stopRenewing();
        this.#isLost = true;
        this.#lost.abort();
      }
    } catch (error) {
      // The commit asks the store whether another has taken it.
      this.#warn("renewed", error);
    }
  }

  #warn(what: string, error: unknown): void {
    const { key, logger } = this.#options;
    logger.warn(
      `sessionfold: the lease on session ${key.sessionId} could not be ${what} (${errorName(error)})`,
    );
  }
}
