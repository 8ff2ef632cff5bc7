import { ConfigurationError } from "../../shared/errors.ts";
import { describe, requirePositive } from "../../shared/validate.ts";
import { compare, named, type ThresholdOptions, type Trigger } from "../trigger.ts";

/** Options of `tokenThreshold`. */
export interface TokenThresholdOptions extends ThresholdOptions {
  /**
   * What is counted. `tail` (default): the window behind its leading system events and summary, which is what a fold can
   * shorten. `window`: all of it; for an agent also its system prompt and its tools, which is what a request costs.
   */
  readonly of?: "tail" | "window" | undefined;
}

/**
 * Fires when the window holds so many tokens.
 * @throws ConfigurationError unless `tokens` is above 0 and `of` one of the two.
 */
export function tokenThreshold(tokens: number, options: TokenThresholdOptions = {}): Trigger {
  requirePositive("tokenThreshold", tokens);
  const { of = "tail" } = options;
  if (of !== "tail" && of !== "window")
    throw new ConfigurationError(
      `Expected \`tokenThreshold.of\` to be "tail" or "window", got ${describe(of, true)}`,
    );
  return of === "tail"
    ? named("tokens", (statistics) => compare("tokens", statistics.tokens, tokens, options))
    : named("window tokens", (statistics) =>
        compare("window tokens", statistics.windowTokens, tokens, options),
      );
}
