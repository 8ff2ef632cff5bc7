import { Tiktoken } from "js-tiktoken/lite";
import cl100k from "js-tiktoken/ranks/cl100k_base";
import o200k from "js-tiktoken/ranks/o200k_base";
import { splitLongRuns } from "./long-runs.ts";
import type { TokenCounter } from "./token-counter.ts";

/** An encoding of OpenAI's models: o200k_base from GPT-4o on, cl100k_base before. */
export type TiktokenEncoding = "o200k_base" | "cl100k_base";

const RANKS = { o200k_base: o200k, cl100k_base: cl100k };
const encoders = new Map<TiktokenEncoding, Tiktoken>();

/**
 * Counts exactly, with js-tiktoken. The encoder is built at the first count (about half a second, once a process)
 * and shared. Text that looks like a special token counts as the text it is. Runs without a break are split at 500
 * characters, since the encoder's time grows with the square of a run; that can add a token for each split.
 *
 * `perMessage` is 4: 3 a message and 1 for its role, as OpenAI's cookbook counts chat requests. `perMedia` is 765:
 * what OpenAI bills for an image of 1024 x 1024 in high detail.
 */
export function tiktokenCounter(encoding: TiktokenEncoding = "o200k_base"): TokenCounter {
  return {
    name: encoding,
    count: (text) => {
      const encoder = encoderFor(encoding);
      let tokens = 0;
      for (const piece of splitLongRuns(text)) tokens += encoder.encode(piece, [], []).length;
      return tokens;
    },
    perMessage: 4,
    perMedia: 765,
  };
}

function encoderFor(encoding: TiktokenEncoding): Tiktoken {
  let encoder = encoders.get(encoding);
  if (encoder === undefined) {
    encoder = new Tiktoken(RANKS[encoding]);
    encoders.set(encoding, encoder);
  }
  return encoder;
}
