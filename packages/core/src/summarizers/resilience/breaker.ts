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
import { SummarizeError } from "../../shared/errors.ts";
import { around, type Summarizer, type SummarizerRequest } from "../summarizer.ts";
import type { BreakerState } from "../summarizer-observer.ts";
import { ShareTimedOut } from "./share-timed-out.ts";
import { UnusableAnswer } from "./usable-answer.ts";

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
  readonly #breakers = new WeakMap<object, Map<string, Breaker>>();

  /**
   * The summarizer behind the breaker that belongs to `owner`. Each failure counts once, however many calls it took. What
   * says nothing of the model does not count: a caller who gives up, a time limit that no model could keep, a source so
   * short that no summary is shorter. While one request tries after a pause, others are told that it is open.
   */
  guard(owner: object, inner: Summarizer, options: BreakerOptions = {}): Summarizer {
    const breaker = this.#breakerOf(owner, options);
    return around(inner, async (request) => {
      if (breaker.policy.state === CircuitState.HalfOpen) throw new BreakerOpen();
      const limit = request.timeLeft();
      try {
        const answer = breaker.policy.execute(async () => {
          try {
            return await untilAborted(inner.summarize(request), request.signal);
          } catch (error) {
            if (isAboutTheModel(error, limit)) throw error;
            // The next one tries at once, as if this one had not.
            const { policy } = breaker;
            if (policy.state === CircuitState.HalfOpen) breaker.policy = policyOf(options, policy.toJSON());
            throw new Unrelated(error);
          }
        });
        // The pause may just have ended, with this request as the one that tries.
        tellChange(breaker, inner, request);
        return await answer;
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw new BreakerOpen();
        throw error instanceof Unrelated ? error.cause : error;
      } finally {
        tellChange(breaker, inner, request);
      }
    });
  }

  #breakerOf(owner: object, options: BreakerOptions): Breaker {
    const known = this.#breakers.get(owner) ?? new Map<string, Breaker>();
    this.#breakers.set(owner, known);
    const name = `${options.failures} ${options.pauseMs}`;
    const breaker = known.get(name) ?? { policy: policyOf(options), told: CircuitState.Closed };
    known.set(name, breaker);
    return breaker;
  }
}

/** An error that says nothing of whether the model works. */
class Unrelated extends Error {
  constructor(cause: unknown) {
    super("Not the model's failure", { cause });
  }
}

/** A model that is given less time may well work. */
const FAIR_LIMIT_MS = 1000;

function isAboutTheModel(error: unknown, limitMs: number | null): boolean {
  if (error instanceof CalledOff) return false;
  if (error instanceof UnusableAnswer) return error.code !== "summary-too-long";
  const isTimeout =
    error instanceof ShareTimedOut || (error instanceof SummarizeError && error.code === "timeout");
  return !isTimeout || limitMs === null || limitMs >= FAIR_LIMIT_MS;
}

interface Breaker {
  policy: CircuitBreakerPolicy;
  /** The state that was told last, so that each change is told once, however many requests there are at the time. */
  told: CircuitState;
}

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: "closed",
  [CircuitState.Open]: "open",
  [CircuitState.HalfOpen]: "half-open",
  [CircuitState.Isolated]: "open",
};

function tellChange(breaker: Breaker, { name, model }: Summarizer, { observer }: SummarizerRequest): void {
  const { state } = breaker.policy;
  if (state === breaker.told) return;
  breaker.told = state;
  observer?.breakerChanged({ state: STATES[state], summarizer: name, model });
}

function policyOf(
  { failures = DEFAULT_FAILURES, pauseMs = DEFAULT_PAUSE_MS }: BreakerOptions,
  initialState?: unknown,
): CircuitBreakerPolicy {
  return circuitBreaker(
    handleWhen((error) => !(error instanceof Unrelated)),
    { halfOpenAfter: pauseMs, breaker: new ConsecutiveBreaker(failures), initialState },
  );
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
