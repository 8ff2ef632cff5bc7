import { isSessionfoldError, type SessionfoldError } from "@sessionfold/core";
import { ConformanceFailure } from "../conformance-failure.ts";
import { differenceOf } from "./difference.ts";

/** @throws ConformanceFailure unless the condition holds; the message is a sentence on what was expected. */
export function holds(condition: boolean, expected: string): asserts condition {
  if (!condition) throw new ConformanceFailure(expected);
}

/** @throws ConformanceFailure unless both are equal as JSON would have them. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const difference = differenceOf(actual, expected);
  if (difference !== undefined) throw new ConformanceFailure(`${what}: ${difference}`);
}

/**
 * The error that the call ends with, which must be one of ours with that code.
 * @throws ConformanceFailure where it ends well, or with another error.
 */
export async function rejects(
  code: string,
  what: string,
  call: () => Promise<unknown>,
): Promise<SessionfoldError> {
  const error = await errorOf(call);
  if (error === undefined) throw new ConformanceFailure(`${what}: expected an error "${code}", got none`);
  if (isSessionfoldError(error.value) && error.value.code === code) return error.value;
  const got = isSessionfoldError(error.value) ? `the code "${error.value.code}"` : "an error of another kind";
  throw new ConformanceFailure(`${what}: expected an error "${code}", got ${got}`, { cause: error.value });
}

/** What the call was rejected with; undefined where it was not. */
export async function errorOf(
  call: () => Promise<unknown>,
): Promise<{ readonly value: unknown } | undefined> {
  try {
    await call();
    return undefined;
  } catch (value) {
    return { value };
  }
}
