import type { SessionRef } from "@sessionfold/core";
import { ConfigurationError, InvalidEventError } from "@sessionfold/core";
import { keyOf, type SessionKey } from "@sessionfold/core/storage";

/** NUL, where programs that read the file may take a text to end, and halves of surrogate pairs, which UTF-8 has no form for. */
const UNSTORABLE = /[\0\p{Cs}]/u;

const EXPECTED = "a text without NUL and half surrogate pairs, which SQLite cannot tell apart";

/** The key of a session. @throws ConfigurationError for one that SQLite would take for another */
export function storableKey(ref: SessionRef): SessionKey {
  const key = keyOf(ref);
  for (const field of ["appName", "userId", "sessionId"] as const) requireStorable(field, key[field]);
  return key;
}

/** Whether SQLite holds a text so that it is told from every other. */
export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** @throws ConfigurationError for a text that SQLite would take for another */
export function requireStorable(field: string, text: string): void {
  if (!isStorable(text)) throw new ConfigurationError(`Expected \`${field}\` to be ${EXPECTED}`);
}

/** @throws InvalidEventError for an id that SQLite would take for another */
export function requireStorableId(field: string, id: string): void {
  if (!isStorable(id)) throw new InvalidEventError(`Expected \`${field}\` to be ${EXPECTED}`);
}
