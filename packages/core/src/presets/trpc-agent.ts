import type { SessionSummarizerOptions } from "../engine/options.ts";
import { requirePositive } from "../shared/validate.ts";
import { conversationThreshold } from "../triggers/thresholds/conversation-threshold.ts";

/** Settings of tRPC-Agent's session summarizer, by our names. */
export interface TrpcAgentPreset {
  /** Folds when more than so many turns have passed; default 100. */
  readonly turns?: number | undefined;
  /** Events that stay; default 10. */
  readonly keepEvents?: number | undefined;
  /** Characters of a summary; default 1000. */
  readonly maxSummaryLength?: number | undefined;
}

/**
 * For people who come from tRPC-Agent: folds after more than 100 turns, keeps 10 events, cuts summaries at 1000
 * characters (figures: its `SessionSummarizer` and its conversation checker). Its thresholds are strict.
 * @throws ConfigurationError unless the figures are above 0.
 */
export function trpcAgent({
  turns = 100,
  keepEvents = 10,
  maxSummaryLength = 1000,
}: TrpcAgentPreset = {}): SessionSummarizerOptions {
  return {
    trigger: conversationThreshold(turns, { strict: true }),
    keep: { events: keepEvents },
    maxSummaryLength: requirePositive("maxSummaryLength", maxSummaryLength),
    summaryMessage: { template: "Previous conversation summary: {summary}" },
  };
}
