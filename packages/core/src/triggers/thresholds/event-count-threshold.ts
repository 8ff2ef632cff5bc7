import { requirePositive } from "../../shared/validate.ts";
import { compare, named, type ThresholdOptions, type Trigger } from "../trigger.ts";

/**
 * Fires when the window behind its leading system events and summary holds so many events (default 30).
 * @throws ConfigurationError unless `events` is above 0.
 */
export function eventCountThreshold(events: number = 30, options?: ThresholdOptions): Trigger {
  requirePositive("eventCountThreshold", events);
  return named("events", (statistics) => compare("events", statistics.events, events, options));
}
