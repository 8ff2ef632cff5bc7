import { isSessionfoldError, StoredDataError, StoreError } from "@sessionfold/core";

const GENERIC = 1;
const BUSY = 5;
const LOCKED = 6;
const FULL = 13;
/** Results that tell somebody what to do, in words. */
const IN_WORDS: Readonly<Record<number, string>> = {
  8: "The database cannot be written to: is its file still in place, and may this process write to it?",
  11: "The database file is damaged",
  14: "The database file cannot be opened: is its folder there, and may this process read and write in it?",
  26: "The file is no SQLite database",
};
/** The file next to the database that its users share (`-shm`) could not be made as large as it must be. */
const NO_SHARED_FILE = 10 | (19 << 8);

/** What Node throws when a column holds an integer that a number cannot. */
const OUT_OF_RANGE = "ERR_OUT_OF_RANGE";
/** What else Node throws of its own, before SQLite is asked. */
const NODES_OWN: readonly unknown[] = ["ERR_INVALID_STATE", "ERR_INVALID_ARG_TYPE", "ERR_INVALID_ARG_VALUE"];

/** Primary result code of an error of SQLite's; undefined for any other error. */
function resultCode(error: unknown): number | undefined {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  // The bytes above the first only tell more of the same kind.
  return code === "ERR_SQLITE_ERROR" && typeof errcode === "number" ? errcode & 0xff : undefined;
}

/** Whether an error is SQLite's: it may have ended the transaction in which it came up. */
export function isEngineError(error: unknown): boolean {
  return resultCode(error) !== undefined;
}

/** Whether another connection is in the way, so that the same may succeed later. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === BUSY || code === LOCKED;
}

/** Whether SQLite says no more than that a statement could not be run as it stands. */
export function isGeneric(error: unknown): boolean {
  return resultCode(error) === GENERIC;
}

/** The error for a call that waited long enough. */
export function busyError(cause: unknown): StoreError {
  return new StoreError("store-busy", "The database is busy: another connection holds it", { cause });
}

/** Whether an error is `busyError`. */
export function isBusyError(error: unknown): boolean {
  return error instanceof StoreError && error.code === "store-busy";
}

/** The error for a call on a service that was closed. */
export function closedError(): StoreError {
  return new StoreError("store-closed", "The session service is closed");
}

/** An error of SQLite's, or of Node's about it, in our words; any other as it is. */
export function storeError(error: unknown): unknown {
  if (isSessionfoldError(error)) return error;
  const result = resultCode(error);
  if (result === undefined) return nodeError(error);
  if (result === FULL || (error as { errcode?: unknown }).errcode === NO_SHARED_FILE)
    return new StoreError("store-full", "The disk or the database is full", { cause: error });
  const words = IN_WORDS[result] ?? `The database cannot be used (SQLite result ${result})`;
  return new StoreError("store-unavailable", words, { cause: error });
}

function nodeError(error: unknown): unknown {
  const { code } = (error ?? {}) as { code?: unknown };
  // Without its cause, which quotes what is stored.
  if (code === OUT_OF_RANGE)
    return new StoredDataError("A stored number is larger than any that was written");
  if (!NODES_OWN.includes(code)) return error;
  return new StoreError("store-unavailable", `The database cannot be used (${code})`, { cause: error });
}
