import type { Clock } from "@sessionfold/core";
import { systemClock } from "@sessionfold/core/engine";

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
