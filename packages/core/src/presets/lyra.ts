import type { SessionSummarizerOptions } from "../engine/options.ts";
import { eventCountThreshold } from "../triggers/thresholds/event-count-threshold.ts";

/** Settings of Lyra's summarizer, by our names. */
export interface LyraPreset {
  /** Folds when so many messages have come together; default 20. */
  readonly summarizeAfter?: number | undefined;
  /** Tokens of conversation in one call; default 6,000: its 24,000 characters at 4 a token. */
  readonly maxInputTokens?: number | undefined;
  /** Who the user is, for the prompts. Default: "the user". */
  readonly userName?: string | undefined;
}

/**
 * For people who come from Lyra: once 20 messages have come together, the whole session is summarised anew from its raw
 * events, in parts where it is long (figures: its `SUMMARIZE_AFTER` and `MAX_TRANSCRIPT_CHARS`). The raw events stay in the
 * log, as there; the window shows the summary.
 */
export function lyra({
  summarizeAfter = 20,
  maxInputTokens = 6000,
  userName,
}: LyraPreset = {}): SessionSummarizerOptions {
  return {
    trigger: eventCountThreshold(summarizeAfter),
    strategy: "whole",
    keep: { turns: 0 },
    maxInputTokens,
    maxSummaryWords: 200,
    maxSummaryLength: null,
    ...(userName !== undefined && { userName }),
  };
}
