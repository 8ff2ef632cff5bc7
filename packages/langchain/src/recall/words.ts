/** A word of a text, and where it stands. */
export interface Word {
  readonly term: string;
  readonly at: number;
}

// Scripts that put no space between words are read in pairs of characters.
const UNSPACED =
  "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}";
const WORD = new RegExp(`[${UNSPACED}]+|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])+`, "gu");
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, "u");
const LONGEST_TERM = 64;

/** The words of a text by which it is found, in any case. */
export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  for (const { 0: run, index } of text.matchAll(WORD)) {
    if (!IS_UNSPACED.test(run)) {
      words.push({ term: plain(run), at: index });
      continue;
    }
    const characters = [...run];
    let at = index;
    for (let i = 0; i < Math.max(1, characters.length - 1); i++) {
      words.push({ term: `${characters[i]}${characters[i + 1] ?? ""}`, at });
      at += characters[i]?.length ?? 0;
    }
  }
  return words;
}

/** Lower case without the plural's s, so that `orders` finds `order`. */
function plain(word: string): string {
  const lower = word.slice(0, LONGEST_TERM).normalize("NFKC").toLowerCase();
  return lower.length > 3 && lower.endsWith("s") && !lower.endsWith("ss") ? lower.slice(0, -1) : lower;
}
