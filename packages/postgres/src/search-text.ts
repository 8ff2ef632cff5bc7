import type { SessionEvent } from "@sessionfold/core";
import { isSearchable, searchText } from "@sessionfold/core/storage";

/** Signs that a text of the database cannot hold: NUL, and halves of a surrogate pair, which become U+FFFD. */
const NUL = /\0/g;
const HALF = /\p{Surrogate}/gu;
const HALVES = /\p{Surrogate}+/gu;
const PATTERN_SIGNS = /[\\%_]/g;

/** What an event is found by, as the database holds it: without NUL, and U+FFFD for each half. Null: it is not found. */
export function storedSearchText(event: SessionEvent): string | null {
  return isSearchable(event) ? searchText(event).replace(NUL, "").replace(HALF, "\ufffd") : null;
}

/**
 * A pattern that every stored text with that word in it matches, and some others may: NUL is not in either, and half a
 * surrogate pair, which may be half of any sign, is anything.
 */
export function searchPattern(word: string): string {
  const literal = word.replace(NUL, "").replace(PATTERN_SIGNS, (sign) => `\\${sign}`);
  return `%${literal.replace(HALVES, "%")}%`;
}
