import type { Summarizer } from "../summarizer.ts";
import { type BreakerOptions, type Breakers, breakerSchema } from "./breaker.ts";
import { type RetryOptions, retrying, retrySchema } from "./retry.ts";
import { checkingAnswers } from "./usable-answer.ts";

/** What is done when a model fails. */
export interface ResilienceOptions {
  /** How a model is asked again after a failure that may pass. False: it is not. Default: 4 calls in all. */
  readonly retry?: RetryOptions | false | undefined;
  /** When a summarizer that keeps failing is left alone. False: never. Default: for 2 minutes after 5 failures in a row. */
  readonly breaker?: BreakerOptions | false | undefined;
}

/** Checks what is done when a model fails. */
export const resilienceShape: {
  readonly retry: ReturnType<typeof retrySchema.optional>;
  readonly breaker: ReturnType<typeof breakerSchema.optional>;
} = { retry: retrySchema.optional(), breaker: breakerSchema.optional() };

/**
 * A summarizer that asks again, answers with usable text or not at all, and pauses when it keeps failing. `whole` makes
 * of the one that answers a single call the one that reads any amount of text: calls are repeated one by one, and the
 * breaker counts a summary once, however many calls it took.
 */
export function resilient(
  owner: object,
  single: Summarizer,
  whole: (single: Summarizer) => Summarizer,
  { retry, breaker }: ResilienceOptions,
  breakers: Breakers,
): Summarizer {
  const asked = checkingAnswers(whole(retry === false ? single : retrying(single, retry)));
  return breaker === false ? asked : breakers.guard(owner, asked, breaker);
}
