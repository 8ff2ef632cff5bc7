import type { SessionEvent } from "@sessionfold/core";
import { isSearchable, searchText } from "@sessionfold/core/storage";

const NUL = /\0/g;

/** What an event is found by, as the database holds it: without NUL, which its text cannot hold. Null: it is not found. */
export function storedSearchText(event: SessionEvent): string | null {
  return isSearchable(event) ? searchText(event).replace(NUL, "") : null;
}
