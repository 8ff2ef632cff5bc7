import type { BaseMessage } from "@langchain/core/messages";
import { mediaOf, textParts, toolCallsOf } from "../events/message-content.ts";
import { jsonText } from "../shared/json-text.ts";

/** Counts tokens of text. */
export interface TokenCounter {
  /** For telemetry and stores: counts of equal names may be mixed. */
  readonly name: string;
  /** True: the name tells it from no other counter, so that stores keep none of its counts. So it is of plain functions. */
  readonly isUnnamed?: boolean;
  /** Tokens of a text. */
  count(text: string): number;
  /** Tokens that a message costs besides its content: role and separators. Default 0. */
  readonly perMessage?: number;
  /** Tokens of one image, audio clip or file. Default 0. */
  readonly perMedia?: number;
}

/** What may be given as a counter: a whole one, or a function from text to tokens. */
export type TokenCounterLike = TokenCounter | ((text: string) => number);

/** A counter of what was given. */
export function toTokenCounter(like: TokenCounterLike): TokenCounter {
  return typeof like === "function" ? { name: like.name || "custom", isUnnamed: true, count: like } : like;
}

/** Tokens of a message as a model sees it: text, tool calls with their arguments, media, and the message itself. */
export function countMessageTokens(message: BaseMessage, counter: TokenCounter): number {
  const calls = toolCallsOf(message).map(
    (call) => `${call.name} ${typeof call.args === "string" ? call.args : jsonText(call.args)}`,
  );
  const text = [...textParts(message), ...calls].join("\n");
  let media = 0;
  for (const count of mediaOf(message).values()) media += count;
  return (
    (text === "" ? 0 : counter.count(text)) + (counter.perMessage ?? 0) + media * (counter.perMedia ?? 0)
  );
}
