import { requirePositive } from "../../shared/validate.ts";
import { compare, named, type ThresholdOptions, type Trigger } from "../trigger.ts";

/**
 * Fires when nothing has happened for so many seconds: the provider's prompt cache is cold then, so folding costs
 * least. A user event that ends the pause is preceded by a check, so the session is folded before it is answered.
 * @throws ConfigurationError unless `seconds` is above 0.
 */
export function idleGap(seconds: number, options?: ThresholdOptions): Trigger {
  requirePositive("idleGap", seconds);
  return named("idle seconds", (statistics, now) => {
    const { lastEventAt } = statistics;
    return compare(
      "idle seconds",
      lastEventAt === undefined ? undefined : (now - lastEventAt) / 1000,
      seconds,
      options,
    );
  });
}
