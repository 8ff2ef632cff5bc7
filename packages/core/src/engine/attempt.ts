import { CalledOff } from "../shared/deadline.ts";
import { ConfigurationError, SummarizeError, type SummarizeErrorCode } from "../shared/errors.ts";
import { BreakerOpen } from "../summarizers/resilience/breaker.ts";
import { classifyFailure } from "../summarizers/resilience/classify-failure.ts";
import { UnusableAnswer } from "../summarizers/resilience/usable-answer.ts";

/** Runs one step of a summarisation. What it throws becomes the error of that step, unless it is one already. */
export async function attempt<T>(
  sessionId: string,
  code: SummarizeErrorCode,
  message: string,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    // These say by themselves what happened.
    if (cause instanceof CalledOff || cause instanceof BreakerOpen || cause instanceof SummarizeError)
      throw cause;
    if (cause instanceof UnusableAnswer)
      throw new SummarizeError(cause.code, cause.message, sessionId, { cause });
    const { kind, status } = classifyFailure(cause);
    const transient = kind === "transient";
    throw new SummarizeError(code, whyOf(cause, message, status), sessionId, { cause, transient });
  }
}

/** What says which option or field is wrong says more than which step met it. A provider's own words stay in `cause`. */
function whyOf(cause: unknown, message: string, status: number | undefined): string {
  if (cause instanceof ConfigurationError) return cause.message;
  if (cause instanceof AggregateError)
    return `${message}, and so did the ${cause.errors.length - 1} behind it`;
  return status === undefined ? message : `${message} (HTTP ${status})`;
}
