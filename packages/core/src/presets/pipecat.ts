import type { SessionSummarizerOptions } from "../engine/options.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { requirePositive } from "../shared/validate.ts";
import { anyOf } from "../triggers/combine.ts";
import { eventCountThreshold } from "../triggers/thresholds/event-count-threshold.ts";
import { tokenThreshold } from "../triggers/thresholds/token-threshold.ts";

/** Settings of Pipecat's context summarization, by its names. */
export interface PipecatPreset {
  /** Folds at so many tokens; default 8000, null for never. */
  readonly maxContextTokens?: number | null | undefined;
  /** Folds at so many messages behind the summary; default 20, null for never. */
  readonly maxUnsummarizedMessages?: number | null | undefined;
  /** Tokens that a summary should have; default 6000, at most 80 % of `maxContextTokens` where it is larger than that. */
  readonly targetContextTokens?: number | undefined;
  /** Messages that stay; default 4. */
  readonly minMessagesAfterSummary?: number | undefined;
  /** Limit in seconds; default 120, null for none. */
  readonly summarizationTimeout?: number | null | undefined;
  /** Text of the summary's message; default `Conversation summary: {summary}`. */
  readonly summaryMessageTemplate?: string | undefined;
}

/** Share of the context that an oversized target is set to, as in Pipecat's own configuration. */
const TARGET_SHARE = 0.8;
/** A voice agent's tool that has not answered after so long will not: five minutes. */
const AWAIT_RESULTS_SECONDS = 300;

/**
 * For people who come from Pipecat: folds at 8,000 tokens or 20 messages, keeps 4 messages, aims at 6,000 tokens
 * (figures: its two configuration classes). A tool call without a result holds the fold before it, as there, but for
 * five minutes instead of for ever.
 * @throws ConfigurationError unless at least one limit is set and the figures are valid.
 */
export function pipecat(settings: PipecatPreset = {}): SessionSummarizerOptions {
  const { maxContextTokens = 8000, maxUnsummarizedMessages = 20, targetContextTokens = 6000 } = settings;
  const { minMessagesAfterSummary = 4, summarizationTimeout = 120 } = settings;
  if (maxContextTokens === null && maxUnsummarizedMessages === null) {
    throw new ConfigurationError(
      "Expected at least one of `maxContextTokens` and `maxUnsummarizedMessages`, got null for both",
    );
  }
  if (maxContextTokens !== null) requirePositive("maxContextTokens", maxContextTokens);
  if (maxUnsummarizedMessages !== null) requirePositive("maxUnsummarizedMessages", maxUnsummarizedMessages);
  requirePositive("targetContextTokens", targetContextTokens);
  const oversized = maxContextTokens !== null && targetContextTokens > maxContextTokens;
  return {
    trigger: anyOf([
      ...(maxContextTokens === null ? [] : [tokenThreshold(maxContextTokens)]),
      ...(maxUnsummarizedMessages === null ? [] : [eventCountThreshold(maxUnsummarizedMessages)]),
    ]),
    keep: { events: minMessagesAfterSummary, align: "round" },
    targetTokens: oversized ? Math.max(1, Math.floor(maxContextTokens * TARGET_SHARE)) : targetContextTokens,
    maxSummaryLength: null,
    timeoutMs: summarizationTimeout === null ? null : summarizationTimeout * 1000,
    awaitResultsSeconds: AWAIT_RESULTS_SECONDS,
    summaryMessage: { template: settings.summaryMessageTemplate ?? "Conversation summary: {summary}" },
  };
}
