const MARKER = Symbol.for("sessionfold.error");

/**
 * Base of every error that sessionfold throws or reports. `code` is stable and meant for programs; the message
 * is for people and never carries conversation text, prompts or keys.
 */
export class SessionfoldError extends Error {
  /** Stable, machine-readable kind of the error. */
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
    // Marks the error across duplicate installs of the package, where `instanceof` fails.
    Object.defineProperty(this, MARKER, { value: true });
  }
}

/** True for an error of sessionfold, also when another copy of the package made it. */
export function isSessionfoldError(value: unknown): value is SessionfoldError {
  return typeof value === "object" && value !== null && MARKER in value;
}

const PLAIN_NAME = /^[A-Za-z_$][\w$.]{0,60}$/;

/** Name of an error, for a log: of one that has no plain name, none of its words. */
export function errorName(error: unknown): string {
  const { name } = (error ?? {}) as { name?: unknown };
  return typeof name === "string" && PLAIN_NAME.test(name) ? name : "an error without a plain name";
}

/** An option, template or argument is not what it must be. Nothing was done. */
export class ConfigurationError extends SessionfoldError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("configuration", message, options);
  }
}

/** An event handed in cannot be stored as it is. Nothing was stored. */
export class InvalidEventError extends SessionfoldError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("invalid-event", message, options);
  }
}

/** No session stands under the given key. */
export class SessionNotFoundError extends SessionfoldError {
  /** Id of the session that was asked for. */
  readonly sessionId: string;
  constructor(sessionId: string) {
    super("session-not-found", `No session "${sessionId}" for this app and user`);
    this.sessionId = sessionId;
  }
}

/** A session of that key exists already; it was left as it is. */
export class SessionExistsError extends SessionfoldError {
  /** Id of the session that exists. */
  readonly sessionId: string;
  constructor(sessionId: string) {
    super("session-exists", `A session "${sessionId}" exists already for this app and user`);
    this.sessionId = sessionId;
  }
}

/** No summary of that id stands in the session. */
export class SummaryNotFoundError extends SessionfoldError {
  constructor(summaryId: string) {
    super("summary-not-found", `No summary "${summaryId}" in this session`);
  }
}

/** What was asked for needs events that `prune` has deleted. */
export class EventsPrunedError extends SessionfoldError {
  /** How many of the events are gone. */
  readonly missing: number;
  constructor(action: string, missing: number) {
    super("events-pruned", `Cannot ${action}: ${missing} of its events were pruned`);
    this.missing = missing;
  }
}

/** The wrapped session service lacks what the call needs. */
export class UnsupportedError extends SessionfoldError {
  constructor(message: string) {
    super("unsupported", message);
  }
}

/** The condition of an append does not hold any more: the log has grown since. Nothing was stored. */
export class AppendConflictError extends SessionfoldError {
  constructor(sessionId: string) {
    super("append-conflict", `The log of session "${sessionId}" has changed since it was read`);
  }
}

/** Another has taken the lease under which something was to be stored. Nothing was stored. */
export class LeaseLostError extends SessionfoldError {
  constructor(sessionId: string) {
    super("lease-lost", `The lease on session "${sessionId}" was taken by another`);
  }
}

/** What a store holds cannot be read by this version. It was left as it is. */
export class StoredDataError extends SessionfoldError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("stored-data", message, options);
  }
}

/**
 * A store could not do what was asked: it is busy, full, closed or out of reach. Nothing was stored, unless the way to it broke off
 * ("store-unavailable") before it could say so: append again by the same id. `cause` is its own error.
 */
export class StoreError extends SessionfoldError {
  constructor(
    code: "store-busy" | "store-full" | "store-closed" | "store-unavailable",
    message: string,
    options?: { cause?: unknown },
  ) {
    super(code, message, options);
  }
}

/** A summarisation failed. The session is as it was. `cause` holds the error behind it, if there is one. */
export class SummarizeError extends SessionfoldError {
  /** Session that was to be summarised; empty for a plain list of events without one. */
  readonly sessionId: string;
  /** Whether it may pass by itself: the model was busy, or not to be reached. */
  readonly transient: boolean;
  constructor(
    code: SummarizeErrorCode,
    message: string,
    sessionId: string,
    options?: { readonly cause?: unknown; readonly transient?: boolean },
  ) {
    super(code, message, options);
    this.sessionId = sessionId;
    this.transient = options?.transient === true;
  }
}

/** Why a summarisation failed. */
export type SummarizeErrorCode =
  | "summarizer-failed"
  | "empty-summary"
  | "summary-too-long"
  | "summary-refused"
  | "summary-echoed"
  | "hook-failed"
  | "timeout"
  | "trigger-failed"
  | "keep-failed"
  | "commit-failed";
