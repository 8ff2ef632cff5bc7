import { ConfigurationError, InvalidEventError } from "@sessionfold/core";
import { keyOf, type SessionKey } from "@sessionfold/core/storage";

type KeyRef = Parameters<typeof keyOf>[0];

/** NUL, which text in PostgreSQL cannot hold, and halves of a surrogate pair, which UTF-8 cannot. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** What fits into an entry of an index, which holds the three parts of a key and one more name: about 2,700 bytes. */
const LONGEST_KEY_PART = 500;
const LONGEST_NAME = 1000;

/** What hinders a text from being a name, in the words of an error. */
function hindrance(text: string, longest: number): string | undefined {
  if (UNSTORABLE.test(text)) return "without NUL and without half a surrogate pair, got one with such a sign";
  const bytes = Buffer.byteLength(text);
  return bytes > longest ? `of at most ${longest} bytes in UTF-8, got ${bytes}` : undefined;
}

/**
 * The key of a session, if the database can hold it.
 * @throws ConfigurationError that names the part which it cannot
 */
export function storableKey(ref: KeyRef): SessionKey {
  const key = keyOf(ref);
  for (const [field, part] of Object.entries(key)) requireKeyPart(field, part);
  return key;
}

/** @throws ConfigurationError for a part of a key that the database cannot hold */
export function requireKeyPart(field: string, part: string): void {
  const problem = hindrance(part, LONGEST_KEY_PART);
  if (problem !== undefined) throw new ConfigurationError(`Expected \`${field}\` to be text ${problem}`);
}

/** @throws InvalidEventError for an id that the database cannot hold */
export function requireEventId(field: string, id: string): void {
  const problem = hindrance(id, LONGEST_NAME);
  if (problem !== undefined) throw new InvalidEventError(`Expected \`${field}\` to be text ${problem}`);
}

/** Whether an event may have that id. None that the database cannot hold was ever stored. */
export function canBeEventId(id: string): boolean {
  return hindrance(id, LONGEST_NAME) === undefined;
}

/** @throws ConfigurationError for a name that the database cannot hold */
export function requireName(field: string, name: unknown): void {
  if (typeof name !== "string" || name === "")
    throw new ConfigurationError(`Expected \`${field}\` to be a string with text in it`);
  const problem = hindrance(name, LONGEST_NAME);
  if (problem !== undefined) throw new ConfigurationError(`Expected \`${field}\` to be text ${problem}`);
}

/** What hinders the first key of a change of state that the database cannot hold, in the words of an error. */
export function stateHindrance(names: readonly string[]): string | undefined {
  const found = names.map((name) => hindrance(name, LONGEST_NAME)).find((problem) => problem !== undefined);
  return found === undefined ? undefined : `keys that are text ${found}`;
}
