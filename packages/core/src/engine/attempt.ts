import { ConfigurationError, SummarizeError, type SummarizeErrorCode } from "../shared/errors.ts";
import { CalledOff } from "./deadline.ts";

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
    if (cause instanceof CalledOff || cause instanceof SummarizeError) throw cause;
    // What says which option or field is wrong says more than which step met it.
    const why = cause instanceof ConfigurationError ? cause.message : message;
    throw new SummarizeError(code, why, sessionId, { cause });
  }
}
