/** Kinds of characters that the word scanner tells apart. */
const NONE = 0;
const LETTER = 1;
const DIGIT = 2;
const WIDE = 3;
const JOINER = 4;

const ASCII = new Uint8Array(128);
for (let code = 0; code < 128; code += 1) {
  const char = String.fromCharCode(code);
  if (/[A-Za-z_]/.test(char)) ASCII[code] = LETTER;
  else if (/[0-9]/.test(char)) ASCII[code] = DIGIT;
  else if (/['./:@-]/.test(char)) ASCII[code] = JOINER;
}

function kindOf(code: number): number {
  if (code < 128) return ASCII[code] ?? NONE;
  if (code === 0x2019) return JOINER;
  if (code < 0xc0 || code === 0xd7 || code === 0xf7 || (code >= 0x2000 && code < 0x2c00)) return NONE;
  // Chinese and Japanese are written without spaces: their runs are read as overlapping pairs.
  if (code >= 0x3040 && code <= 0x9fff) return WIDE;
  if (code >= 0x2e80 && code < 0x3040) return NONE;
  if (code >= 0xff00 && code <= 0xff0f) return NONE;
  return LETTER;
}

/** Receives each word: the text as written, and where it starts. */
export type WordSink = (word: string, start: number) => void;

/**
 * Words of `text[start, end)`: runs of letters and digits, joined by a single apostrophe, dot, slash, colon, hyphen or at sign
 * where both sides go on ("don't", "src/a.ts", "10:30"), and pairs of characters in Chinese and Japanese.
 */
export function scanWords(text: string, start: number, end: number, sink: WordSink): void {
  let at = start;
  while (at < end) {
    const kind = kindOf(text.charCodeAt(at));
    if (kind === WIDE) {
      const single = at + 1 >= end || kindOf(text.charCodeAt(at + 1)) !== WIDE;
      const before = at > start && kindOf(text.charCodeAt(at - 1)) === WIDE;
      if (!single) sink(text.slice(at, at + 2), at);
      else if (!before) sink(text.charAt(at), at);
      at += 1;
    } else if (kind === LETTER || kind === DIGIT) {
      const from = at;
      at += 1;
      while (at < end) {
        const next = kindOf(text.charCodeAt(at));
        if (next === LETTER || next === DIGIT) at += 1;
        else if (next === JOINER && at + 1 < end && isWordPart(text.charCodeAt(at + 1))) at += 2;
        else break;
      }
      sink(text.slice(from, at), from);
    } else at += 1;
  }
}

function isWordPart(code: number): boolean {
  const kind = kindOf(code);
  return kind === LETTER || kind === DIGIT;
}

/** A word's key for counting: lower case, straight apostrophe, possessive and plural ending dropped. */
export function wordKey(word: string): string {
  const lower = word.toLowerCase().replace("’", "'");
  if (lower.endsWith("'s")) return lower.slice(0, -2);
  return lower.length > 3 && lower.endsWith("s") && !lower.endsWith("ss") ? lower.slice(0, -1) : lower;
}
