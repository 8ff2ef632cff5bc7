import { ABBREVIATIONS } from "./lexicon.ts";

// Longer runs without an end are cut at a space: minutes without punctuation, minified files.
const LONGEST = 480;
const SHORTEST_CUT = 240;

const isSpace = (code: number): boolean =>
  code === 32 || code === 10 || code === 13 || code === 9 || code === 0x3000 || code === 0xa0;
const isStop = (code: number): boolean => code === 46 || code === 33 || code === 63 || code === 0x2026;
/** Full-width ends need no space after them. */
const isWideStop = (code: number): boolean =>
  code === 0x3002 || code === 0xff01 || code === 0xff1f || code === 0xff61;
/** Closing quotes and brackets belong to the sentence before them. */
const isCloser = (code: number): boolean =>
  code === 34 ||
  code === 39 ||
  code === 41 ||
  code === 93 ||
  code === 0x201d ||
  code === 0x2019 ||
  code === 0x300d ||
  code === 0x300f ||
  code === 0xff09;

function endsAbbreviation(text: string, start: number, dot: number): boolean {
  let from = dot;
  while (from > start && dot - from < 8 && !isSpace(text.charCodeAt(from - 1))) from -= 1;
  const word = text.slice(from, dot).toLowerCase();
  // One letter is an initial, a number alone is a list mark ("3. Pay by card").
  return ABBREVIATIONS.has(word) || /^(?:[a-z]|\d{1,2})$/.test(word);
}

/**
 * Sentences of a text as `[start, end)` pairs, flat: 0 and 1 are the first sentence. Ends are line ends, full stops before
 * white space, and the full-width marks of Chinese and Japanese. One pass; no sentence is longer than 480 characters.
 */
export function sentenceBounds(text: string): number[] {
  const bounds: number[] = [];
  let start = 0;
  let space = -1;
  const close = (end: number): void => {
    let from = start;
    let to = end;
    while (from < to && isSpace(text.charCodeAt(from))) from += 1;
    while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
    if (to > from) bounds.push(from, to);
    start = end;
    space = -1;
  };
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 10) close(at + 1);
    else if (isWideStop(code) || isStop(code)) {
      let end = at + 1;
      let wide = isWideStop(code);
      while (end < text.length && (isStop(text.charCodeAt(end)) || isWideStop(text.charCodeAt(end)))) {
        wide ||= isWideStop(text.charCodeAt(end));
        end += 1;
      }
      while (end < text.length && isCloser(text.charCodeAt(end))) end += 1;
      const open = end < text.length && !wide && !isSpace(text.charCodeAt(end));
      if (!open && !(code === 46 && end === at + 1 && endsAbbreviation(text, start, at))) close(end);
      at = end - 1;
    } else if (isSpace(code)) space = at;
    if (at - start >= LONGEST) close(space - start >= SHORTEST_CUT ? space + 1 : safeEnd(text, at + 1));
  }
  close(text.length);
  return bounds;
}

/** A cut between two characters, never inside a surrogate pair. */
function safeEnd(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}
