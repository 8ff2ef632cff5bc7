import { requirePositive } from "../../shared/validate.ts";
import { compare, named, type ThresholdOptions, type Trigger } from "../trigger.ts";

/**
 * Fires when one text part behind the leading summary has so many characters (default 10), white space at its ends
 * left out.
 * @throws ConfigurationError unless `characters` is above 0.
 */
export function importantContentThreshold(characters: number = 10, options?: ThresholdOptions): Trigger {
  requirePositive("importantContentThreshold", characters);
  return named("longest text", (statistics) =>
    compare("longest text", statistics.longestText, characters, options),
  );
}
