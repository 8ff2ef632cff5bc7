import type { BaseMessage } from "@langchain/core/messages";
import type { SessionStatistics, TokenCounter } from "@sessionfold/core";
import { countMessageTokens, textParts } from "@sessionfold/core/engine";

/** The figures of a conversation to which an answer has just come that no request carries yet. */
export function withAnswer(
  figures: SessionStatistics,
  answer: BaseMessage,
  { counter, factor, now }: { readonly counter: TokenCounter; readonly factor: number; readonly now: number },
): SessionStatistics {
  const parts = textParts(answer).map((part) => part.trim().length);
  const tokens = (): number => Math.round(countMessageTokens(answer, counter) * factor);
  const { userEvents, lastSummaryAt, firstEventAt = now, contextWindow } = figures;
  return {
    userEvents,
    events: figures.events + 1,
    textLength: parts.reduce((sum, length) => sum + length, figures.textLength),
    longestText: Math.max(figures.longestText, ...parts),
    lastSummaryAt,
    firstEventAt,
    lastEventAt: now,
    contextWindow,
    get tokens() {
      return figures.tokens + tokens();
    },
    get windowTokens() {
      return figures.windowTokens + tokens();
    },
  };
}
