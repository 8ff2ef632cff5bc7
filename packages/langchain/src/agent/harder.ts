import type { SummarizeOptions } from "@sessionfold/core";
import { countMessageTokens, isHumanMessage, type ResolvedOptions } from "@sessionfold/core/engine";
import type { ModelCall } from "./model-call.ts";

/** How a window that was too long for the model is shortened: first down to a quarter of what can be folded, then all of it. */
export const HARDER: readonly Harder[] = [
  { kept: 1 / 4, summary: 1 / 8 },
  { kept: 0, summary: 1 / 16 },
];

/** Shares of what can be folded. */
export interface Harder {
  /** What stays. */
  readonly kept: number;
  /** The most that the summary is asked to take. */
  readonly summary: number;
}

/** Tokens below which no summary says anything. */
const SHORTEST_SUMMARY = 64;

/**
 * How such a fold differs from others. `tokens` is the size of the conversation; the user's message that is being answered
 * is part of it and cannot be folded, so a share of the whole may be all that is left.
 */
export function harderFold(
  { kept, summary }: Harder,
  tokens: number,
  { messages, conversation }: ModelCall,
  { counter, targetTokens = Number.POSITIVE_INFINITY }: ResolvedOptions,
): Pick<SummarizeOptions, "keep" | "targetTokens"> {
  const question = messages.findLast(isHumanMessage);
  const fixed =
    question === undefined ? 0 : countMessageTokens(question, counter) * conversation.calibration.factor;
  const foldable = Math.max(0, tokens - fixed);
  return {
    keep: { tokens: Math.floor(foldable * kept) },
    targetTokens: Math.min(targetTokens, Math.max(SHORTEST_SUMMARY, Math.floor(foldable * summary))),
  };
}
