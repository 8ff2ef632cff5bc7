import { ConfigurationError, type SessionfoldError, StoreError } from "@sessionfold/core";

/** SQLSTATE codes have five signs; the codes of Node's network errors have another form. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** The transaction lost against another one and is gone without a trace: it may be run again. */
const LOST_RACES: ReadonlySet<string> = new Set(["40001", "40P01"]);
/** The server is going down, starting up, or has thrown this connection out. */
const GONE: ReadonlySet<string> = new Set(["57P01", "57P02", "57P03", "57P05", "25P03"]);
const NOT_SET_UP: ReadonlySet<string> = new Set(["42P01", "3F000"]);
/** Locks and statements that took longer than they may, and too many connections. */
const BUSY: ReadonlySet<string> = new Set([...LOST_RACES, "55P03", "57014", "53300"]);
const FULL: ReadonlySet<string> = new Set(["53100", "53200"]);

/** Why the server lets nobody in who asks like this. Asked again, it says so again. */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ["28P01", "the user or the password is wrong"],
  ["28000", "the user is unknown, or may not connect like this"],
  ["3D000", "there is no database of that name"],
]);
/** What `pg` says, without a code, where it has no password that it could answer the server with, or a wrong server answers. */
const NO_PROOF = "SASL: ";

/** The server's own code for what went wrong; none where the error is not the server's. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && SQLSTATE.test(code) ? code : undefined;
}

/** Whether a transaction lost against another one. */
export function isLostRace(error: unknown): boolean {
  return LOST_RACES.has(sqlState(error) ?? "");
}

/** Whether a row of that identity is there already. */
export function isDuplicate(error: unknown): boolean {
  return sqlState(error) === "23505";
}

/** Whether what a row refers to is not there. */
export function isOrphan(error: unknown): boolean {
  return sqlState(error) === "23503";
}

/** Whether a table or schema does not exist. */
export function isNotSetUp(error: unknown): boolean {
  return NOT_SET_UP.has(sqlState(error) ?? "");
}

/** Whether the connection is dead. What a query of it did is not known then; it may have been done. */
export function isConnectionLoss(error: unknown): boolean {
  const state = sqlState(error);
  // What has no code of the server never came from it: the network or the driver gave up.
  return state === undefined || state.startsWith("08") || GONE.has(state);
}

/** Whether a connection was refused for how it was asked for, which no other try changes. */
export function isRefusal(error: unknown): boolean {
  return isUnreadableAddress(error) || refusal(error) !== undefined;
}

function refusal(error: unknown): string | undefined {
  const state = sqlState(error);
  if (state !== undefined) {
    const reason = REFUSALS.get(state);
    return reason === undefined ? undefined : `${reason} (SQLSTATE ${state})`;
  }
  const isProof = error instanceof Error && error.message.startsWith(NO_PROOF);
  return isProof
    ? "there is no password that the server could be answered with, or it is not accepted"
    : undefined;
}

/** A pool that was passed in reads its address when it connects. */
function isUnreadableAddress(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ERR_INVALID_URL";
}

/** What callers are told when setup() was not called. */
export function notSetUp(cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    "Expected the database to be set up, got none of our tables in the schema: call `setup()` once before anything else",
    { cause },
  );
}

/** The store is closed. */
export function closed(): StoreError {
  return new StoreError("store-closed", "The store was closed");
}

/** An error of the database in our words. Its own text may quote what was stored, so that it is in `cause` alone. */
export function storeError(cause: unknown): SessionfoldError {
  const state = sqlState(cause) ?? "";
  if (NOT_SET_UP.has(state)) return notSetUp(cause);
  // Without its cause, which quotes the address.
  if (isUnreadableAddress(cause))
    return new ConfigurationError("Expected `pool` to have an address that can be read");
  const refused = refusal(cause);
  if (refused !== undefined)
    return new StoreError("store-unavailable", `The database refused the connection: ${refused}`, { cause });
  if (BUSY.has(state))
    return new StoreError("store-busy", `The database is busy (SQLSTATE ${state})`, { cause });
  if (FULL.has(state))
    return new StoreError("store-full", `The database has no room left (SQLSTATE ${state})`, { cause });
  if (isConnectionLoss(cause))
    return new StoreError(
      "store-unavailable",
      "The database cannot be reached, or the connection to it was lost",
      {
        cause,
      },
    );
  return new StoreError("store-unavailable", `The database refused a statement (SQLSTATE ${state})`, {
    cause,
  });
}
