import { type TokenCounter, tiktokenCounter } from "@sessionfold/core";

/** A token counter that remembers. */
export interface MemoCounter extends TokenCounter {
  /** Forgets all counts, so that a long file does not keep every text in memory. */
  forget(): void;
}

/**
 * The exact counter with a memory for each text: the demo measures a session folded and unfolded, and counting is most
 * of its work.
 */
export function memoCounter(): MemoCounter {
  const exact = tiktokenCounter();
  const known = new Map<string, number>();
  return {
    ...exact,
    count(text) {
      let tokens = known.get(text);
      if (tokens === undefined) {
        tokens = exact.count(text);
        known.set(text, tokens);
      }
      return tokens;
    },
    forget: () => known.clear(),
  };
}
