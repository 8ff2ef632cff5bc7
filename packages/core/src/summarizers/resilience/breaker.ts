import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from "cockatiel";
import { z } from "zod";
import { CalledOff } from "../../shared/deadline.ts";
import { around, type Summarizer } from "../summarizer.ts";

/** When a summarizer that keeps failing is left alone for a while. */
export interface BreakerOptions {
  /** Failures in a row after which it is not asked. Default 5. */
  readonly failures?: number | undefined;
  /** For so long, in milliseconds; then one call tries whether it works again. Default 120,000. */
  readonly pauseMs?: number | undefined;
}

const count = { error: "an integer above 0" };
const milliseconds = { error: "milliseconds above 0" };

/** Checks when a summarizer is left alone. */
export const breakerSchema: z.ZodType<BreakerOptions | false> = z.union(
  [
    z.literal(false),
    z.strictObject({
      failures: z.int(count).min(1, count).optional(),
      pauseMs: z.number(milliseconds).positive(milliseconds).optional(),
    }),
  ],
  { error: "false or an object with failures or pauseMs" },
);

/** The figures of autoplay's breaker: five failures in a row, two minutes. */
const DEFAULT_FAILURES = 5;
const DEFAULT_PAUSE_MS = 120_000;

/** The summarizer was not asked, since it failed too often of late. */
export class BreakerOpen extends Error {}

/** Circuit breakers, one for each model or summarizer, which outlive the options of a single call. */
export class Breakers {
  readonly #policies = new WeakMap<object, Map<string, CircuitBreakerPolicy>>();

  /**
   * The summarizer behind the breaker that belongs to `owner`. Each failure counts once, however many calls it took; a
   * caller who gives up is no failure, though as a probe it proves nothing.
   */
  guard(owner: object, inner: Summarizer, options: BreakerOptions = {}): Summarizer {
    const policy = this.#policyOf(owner, options);
    return around(inner, async (request) => {
      try {
        return await policy.execute(() => untilAborted(inner.summarize(request), request.signal));
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw new BreakerOpen();
        throw error;
      }
    });
  }

  #policyOf(owner: object, options: BreakerOptions): CircuitBreakerPolicy {
    const { failures = DEFAULT_FAILURES, pauseMs = DEFAULT_PAUSE_MS } = options;
    const known = this.#policies.get(owner) ?? new Map<string, CircuitBreakerPolicy>();
    this.#policies.set(owner, known);
    const name = `${failures} ${pauseMs}`;
    const policy = known.get(name) ?? breakerOf(failures, pauseMs);
    known.set(name, policy);
    return policy;
  }
}

function breakerOf(failures: number, pauseMs: number): CircuitBreakerPolicy {
  const policy: CircuitBreakerPolicy = circuitBreaker(
    handleWhen((error) => !(error instanceof CalledOff) || policy.state === CircuitState.HalfOpen),
    { halfOpenAfter: pauseMs, breaker: new ConsecutiveBreaker(failures) },
  );
  return policy;
}

/** A summarizer that ignores its signal would never tell the breaker that it took too long. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
