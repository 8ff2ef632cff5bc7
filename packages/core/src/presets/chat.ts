import type { SessionSummarizerOptions } from "../engine/options.ts";
import { tokenThreshold } from "../triggers/thresholds/token-threshold.ts";

/**
 * For chats and support: folds at 16,000 tokens behind the summary down to 8,000. Between the two marks nothing is
 * rewritten, so a provider's prompt cache stays warm; by our measurements that gap is most of what folding saves.
 */
export function chat(): SessionSummarizerOptions {
  return {
    trigger: tokenThreshold(16_000),
    keep: { tokens: 8000 },
    targetTokens: 1000,
    maxSummaryLength: 6000,
  };
}
