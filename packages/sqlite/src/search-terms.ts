/** Text as it is indexed. FTS5 takes NUL for the end of it, and UTF-8 has no form for half a surrogate pair. */
export function indexedText(text: string): string {
  return text.replace(/[\0\p{Cs}]/gu, "\ufffd");
}

/** Characters of a term of the index. */
const TERM_LENGTH = 3;
/** More of them narrow the search no further that matters, and FTS5 limits the length of a query. */
const MOST_TERMS = 64;

/**
 * A query of the index that finds every event with all the words in its text, and some others; undefined where the index
 * cannot tell, since words are too short or hold half a surrogate pair.
 */
export function matchOf(words: readonly string[]): string | undefined {
  const terms = new Set(words.flatMap(termsOf));
  if (terms.size === 0) return undefined;
  return [...terms]
    .slice(0, MOST_TERMS)
    .map((term) => `"${term.replaceAll('"', '""')}"`)
    .join(" AND ");
}

function termsOf(word: string): readonly string[] {
  // Half a pair is found within a whole one, which the index does not know.
  if (/\p{Cs}/u.test(word)) return [];
  const characters = [...indexedText(word)];
  return characters.slice(TERM_LENGTH - 1).map((_, at) => characters.slice(at, at + TERM_LENGTH).join(""));
}
