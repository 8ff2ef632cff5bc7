/** A full stop of Latin scripts ends a sentence only before white space; those of East Asian scripts always do. */
const ENDS_SENTENCE = /(?:[.!?…]["'”’)\]]?(?=\s|$)|[。！？][」』”’）]?)/gu;
const MARK = "...";

/**
 * Cuts text to so many characters (UTF-16 units), of which the last mark the cut with "..." where there is room for it.
 * The cut falls at a sentence's end where one lies in the last third, and never inside a code point.
 */
export function truncateText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const begin = (length: number): string => text.slice(0, wholeCodePoints(text, length));
  if (maxLength <= MARK.length) return begin(maxLength);
  const cut = cutAtSentence(begin(maxLength - MARK.length));
  // Behind a sentence there is a space before the mark.
  return cut.length <= maxLength ? cut : cutAtSentence(begin(maxLength - MARK.length - 1));
}

/** Marks with "..." a text that ends before it should, back at a sentence's end where one lies in the last third. */
export function cutAtSentence(text: string): string {
  let end = -1;
  for (const match of text.matchAll(ENDS_SENTENCE)) end = match.index + match[0].length;
  if (end >= (text.length * 2) / 3) return `${text.slice(0, end)} ${MARK}`;
  return text.trimEnd() + MARK;
}

function wholeCodePoints(text: string, length: number): number {
  const next = text.charCodeAt(length);
  const last = text.charCodeAt(length - 1);
  const splits = last >= 0xd800 && last <= 0xdbff && next >= 0xdc00 && next <= 0xdfff;
  return splits ? length - 1 : length;
}
