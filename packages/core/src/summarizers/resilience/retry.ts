import { z } from "zod";
import { type Sleep, systemSleep } from "../../shared/deadline.ts";
import { around, type Summarizer } from "../summarizer.ts";
import { classifyFailure } from "./classify-failure.ts";

/** How a model is asked again after a failure that may pass. */
export interface RetryOptions {
  /** Calls in all, the first one included. Default 4; with `delaysMs` one more than these. */
  readonly attempts?: number | undefined;
  /** Wait before the second call, in milliseconds; each further one doubles it. Default 1000. */
  readonly firstDelayMs?: number | undefined;
  /** Longest wait, in milliseconds. Where a provider asks for a longer one, there is no further call. Default 30,000. */
  readonly maxDelayMs?: number | undefined;
  /** Share of a wait that is left to chance, 0 to 1, so that clients do not all come back at once. Default 0.5. */
  readonly jitter?: number | undefined;
  /** The waits themselves, in milliseconds, instead of a doubling one with jitter; the last one is repeated. */
  readonly delaysMs?: readonly number[] | undefined;
  /** Waits. Default: by the machine's timer. */
  readonly sleep?: Sleep | undefined;
  /** Draws a number from 0 up to 1, for the jitter. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
}

const calls = { error: "an integer above 0" };
const milliseconds = { error: "milliseconds >= 0" };
const share = { error: "a number from 0 to 1" };
const aFunction = <T>() => z.custom<T>((value) => typeof value === "function", { error: "a function" });

/** Checks how a model is asked again. */
export const retrySchema: z.ZodType<RetryOptions | false> = z.union(
  [
    z.literal(false),
    z.strictObject({
      attempts: z.int(calls).min(1, calls).optional(),
      firstDelayMs: z.number(milliseconds).min(0, milliseconds).optional(),
      maxDelayMs: z.number(milliseconds).min(0, milliseconds).optional(),
      jitter: z.number(share).min(0, share).max(1, share).optional(),
      delaysMs: z.array(z.number(milliseconds).min(0, milliseconds)).min(1).optional(),
      sleep: aFunction<Sleep>().optional(),
      random: aFunction<() => number>().optional(),
    }),
  ],
  { error: "false or an object with attempts, firstDelayMs, maxDelayMs, jitter, delaysMs, sleep or random" },
);

const DEFAULT_ATTEMPTS = 4;
const DEFAULT_FIRST_DELAY_MS = 1000;
const DEFAULT_MAX_DELAY_MS = 30_000;
const DEFAULT_JITTER = 0.5;

/**
 * Asks a summarizer again after failures that may pass: 429, 5xx, a cut connection, a time-out of its client. It waits
 * as long as the provider asks for, else with a growing wait. It gives up with the last error: after so many calls, when
 * the wait would outlast the deadline, and at once for what asking again does not mend.
 */
export function retrying(inner: Summarizer, options: RetryOptions = {}): Summarizer {
  const { sleep = systemSleep } = options;
  const attempts =
    options.attempts ?? (options.delaysMs === undefined ? DEFAULT_ATTEMPTS : options.delaysMs.length + 1);
  return around(inner, async (request) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await inner.summarize(request);
      } catch (error) {
        request.signal.throwIfAborted();
        const wait = attempt < attempts ? waitAfter(error, attempt, options) : undefined;
        const left = request.timeLeft();
        if (wait === undefined || (left !== null && wait >= left)) throw error;
        request.observer?.retrying({ attempt, waitMs: wait, error });
        await sleep(wait, request.signal, request.isDetached);
        // A sleep of one's own may not heed the signal.
        request.signal.throwIfAborted();
      }
    }
  });
}

/** Milliseconds until the next call; undefined where there should be none. */
function waitAfter(error: unknown, attempt: number, options: RetryOptions): number | undefined {
  const { kind, retryAfterMs } = classifyFailure(error);
  if (kind !== "transient") return undefined;
  const { maxDelayMs = DEFAULT_MAX_DELAY_MS, random = Math.random, jitter = DEFAULT_JITTER } = options;
  // "At once" is what a limit says that has just run out; asked so, it would be asked in vain until the tries are spent.
  if (retryAfterMs !== undefined && retryAfterMs > 0)
    return retryAfterMs <= maxDelayMs ? retryAfterMs : undefined;
  const { delaysMs, firstDelayMs = DEFAULT_FIRST_DELAY_MS } = options;
  if (delaysMs !== undefined) return delaysMs[Math.min(attempt, delaysMs.length) - 1];
  const longest = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return longest * (1 - jitter * random());
}
