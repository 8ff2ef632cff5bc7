import type { SessionSummarizerOptions } from "../engine/options.ts";
import { tokenThreshold } from "../triggers/thresholds/token-threshold.ts";

/**
 * For coding agents: folds at 32,000 tokens behind the summary down to 16,000. Tool results are large and the agent
 * comes back to them, so more stays verbatim than in a chat, and the summary may be longer.
 */
export function coding(): SessionSummarizerOptions {
  return {
    trigger: tokenThreshold(32_000),
    keep: { tokens: 16_000 },
    targetTokens: 2000,
    maxSummaryLength: 12_000,
  };
}
