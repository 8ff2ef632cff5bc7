import { Tiktoken } from "js-tiktoken/lite";
import cl100k from "js-tiktoken/ranks/cl100k_base";
import o200k from "js-tiktoken/ranks/o200k_base";
import { splitLongRuns } from "./long-runs.ts";
import type { TokenCounter } from "./token-counter.ts";

/** An encoding of OpenAI's models: o200k_base from GPT-4o on, cl100k_base before. */
export type TiktokenEncoding = "o200k_base" | "cl100k_base";

const RANKS = { o200k_base: o200k, cl100k_base: cl100k };
/** Words up to this length are remembered with their counts: most of any text is words that came before. */
const LONGEST_KNOWN = 64;
const MOST_KNOWN = 100_000;

interface Encoding {
  readonly encoder: Tiktoken;
  /** Cuts text into the pieces that the encoding looks at one by one. */
  readonly pieces: RegExp;
  readonly known: Map<string, number>;
}

const encodings = new Map<TiktokenEncoding, Encoding>();

/**
 * Counts exactly, with js-tiktoken. The encoder is built at the first count (about half a second, once a process)
 * and shared. Text that looks like a special token counts as the text it is. Runs of letters, signs or
 * white space without a break are split at 64 characters (32 beyond ASCII), since the encoder's time grows with the square
 * of a run; that can add a token for each split.
 *
 * `perMessage` is 4: 3 a message and 1 for its role, as OpenAI's cookbook counts chat requests. `perMedia` is 765:
 * what OpenAI bills for an image of 1024 x 1024 in high detail.
 */
export function tiktokenCounter(encoding: TiktokenEncoding = "o200k_base"): TokenCounter {
  return {
    name: encoding,
    count: (text) => {
      const { encoder, pieces, known } = encodingFor(encoding);
      let tokens = 0;
      for (const run of splitLongRuns(text)) {
        for (const [piece] of run.matchAll(pieces)) tokens += countPiece(piece, encoder, known);
      }
      return tokens;
    },
    perMessage: 4,
    perMedia: 765,
  };
}

function countPiece(piece: string, encoder: Tiktoken, known: Map<string, number>): number {
  if (piece.length > LONGEST_KNOWN) return encoder.encode(piece, [], []).length;
  let tokens = known.get(piece);
  if (tokens === undefined) {
    tokens = encoder.encode(piece, [], []).length;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(piece, tokens);
  }
  return tokens;
}

function encodingFor(name: TiktokenEncoding): Encoding {
  let encoding = encodings.get(name);
  if (encoding === undefined) {
    const ranks = RANKS[name];
    encoding = { encoder: new Tiktoken(ranks), pieces: new RegExp(ranks.pat_str, "ug"), known: new Map() };
    encodings.set(name, encoding);
  }
  return encoding;
}
