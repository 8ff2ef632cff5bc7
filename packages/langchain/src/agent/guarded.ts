import type { Clock } from "@sessionfold/core";
import { systemClock } from "@sessionfold/core/engine";

/** What the application hangs on must not fail what called it, now or later. */
export function guarded(call: () => unknown, failed: () => void): void {
  try {
    Promise.resolve(call()).catch(failed);
  } catch {
    failed();
  }
}

/** A logger's `warn` that takes nobody down with it when it fails. */
export function quietly(logger: { warn(message: string): void }): (message: string) => void {
  return (message) => {
    try {
      logger.warn(message);
    } catch {
      // There is nobody left to tell.
    }
  };
}

/** A clock that tells the machine's time where the given one fails or tells none, and says so once. */
export function steadyClock(clock: Clock, warn: (message: string) => void): Clock {
  let hasWarned = false;
  return () => {
    try {
      const now: unknown = clock();
      if (typeof now === "number" && Number.isFinite(now)) return now;
    } catch {
      // Told below, once.
    }
    if (!hasWarned) warn("sessionfold: the clock told no time; the machine's is taken");
    hasWarned = true;
    return systemClock();
  };
}
