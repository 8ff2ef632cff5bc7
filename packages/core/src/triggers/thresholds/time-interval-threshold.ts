import { requirePositive } from "../../shared/validate.ts";
import { compare, named, type ThresholdOptions, type Trigger } from "../trigger.ts";

/** Options of `timeIntervalThreshold`. */
export interface TimeIntervalOptions extends ThresholdOptions {
  /** `last-summary` (default): since the last committed summary; `last-event`: since the last event. */
  readonly from?: "last-summary" | "last-event" | undefined;
}

/**
 * Fires when so many seconds (default 300) have passed since the last committed summary, without one since the first
 * event that no summary covers. Needs at least one event behind the summary.
 * @throws ConfigurationError unless `seconds` is above 0.
 */
export function timeIntervalThreshold(seconds: number = 300, options: TimeIntervalOptions = {}): Trigger {
  requirePositive("timeIntervalThreshold", seconds);
  return named("seconds", (statistics, now) => {
    const since =
      options.from === "last-event"
        ? statistics.lastEventAt
        : (statistics.lastSummaryAt ?? statistics.firstEventAt);
    const waited = statistics.events === 0 || since === undefined ? undefined : (now - since) / 1000;
    return compare("seconds", waited, seconds, options);
  });
}
