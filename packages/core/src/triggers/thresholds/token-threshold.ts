import { requirePositive } from "../../shared/validate.ts";
import { compare, named, type ThresholdOptions, type Trigger } from "../trigger.ts";

/**
 * Fires when the window behind its leading system events and summary holds so many tokens.
 * @throws ConfigurationError unless `tokens` is above 0.
 */
export function tokenThreshold(tokens: number, options?: ThresholdOptions): Trigger {
  requirePositive("tokenThreshold", tokens);
  return named("tokens", (statistics) => compare("tokens", statistics.tokens, tokens, options));
}
