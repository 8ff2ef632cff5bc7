import { requirePositive } from "../../shared/validate.ts";
import { compare, named, type ThresholdOptions, type Trigger } from "../trigger.ts";

/**
 * Fires when so many user events have come since the plan of the last committed summary (default 100).
 * @throws ConfigurationError unless `turns` is above 0.
 */
export function conversationThreshold(turns: number = 100, options?: ThresholdOptions): Trigger {
  requirePositive("conversationThreshold", turns);
  return named("turns", (statistics) => compare("turns", statistics.userEvents, turns, options));
}
