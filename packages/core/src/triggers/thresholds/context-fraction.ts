import { ConfigurationError } from "../../shared/errors.ts";
import { describe, requirePositive } from "../../shared/validate.ts";
import { compare, named, type ThresholdOptions, type Trigger } from "../trigger.ts";

/** Options of `contextFraction`. */
export interface ContextFractionOptions extends ThresholdOptions {
  /** Never fires below so many tokens, however small the model's window is. */
  readonly minTokens?: number | undefined;
  /** Tokens to reckon with where the model's window is not known; without it such a model never fires. */
  readonly fallbackWindow?: number | undefined;
}

/**
 * Fires when the window fills so large a part of the model's context window, in tokens.
 * @throws ConfigurationError unless `fraction` is above 0 and at most 1, and the other figures are above 0.
 */
export function contextFraction(fraction: number, options: ContextFractionOptions = {}): Trigger {
  if (typeof fraction !== "number" || !(fraction > 0 && fraction <= 1)) {
    throw new ConfigurationError(
      `Expected \`contextFraction\` to be above 0 and at most 1, got ${describe(fraction)}`,
    );
  }
  for (const name of ["minTokens", "fallbackWindow"] as const) {
    if (options[name] !== undefined) requirePositive(`contextFraction.${name}`, options[name]);
  }
  return named("context tokens", (statistics) => {
    const window = statistics.contextWindow ?? options.fallbackWindow;
    if (window === undefined) return { name: "context tokens (window unknown)", fired: false };
    const threshold = Math.max(window * fraction, options.minTokens ?? 0);
    return compare("context tokens", statistics.windowTokens, threshold, options);
  });
}
