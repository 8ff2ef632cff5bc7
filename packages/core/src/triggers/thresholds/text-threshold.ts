import { requirePositive } from "../../shared/validate.ts";
import { compare, named, type ThresholdOptions, type Trigger } from "../trigger.ts";

/**
 * Fires when the transcript behind the leading summary has so many characters (UTF-16 units).
 * @throws ConfigurationError unless `characters` is above 0.
 */
export function textThreshold(characters: number, options?: ThresholdOptions): Trigger {
  requirePositive("textThreshold", characters);
  return named("characters", (statistics) =>
    compare("characters", statistics.textLength, characters, options),
  );
}
