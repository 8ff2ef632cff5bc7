import { ConfigurationError, keyOf, type SessionKey } from "@sessionfold/core";

/** Where a runner puts the key of the session into `configurable`. Objects there are in no trace's metadata. */
export const SESSION_FIELD = "sessionfold_session";

/**
 * The session that a `createSessionRunner` runs an agent for, from within a tool, a node or a middleware:
 * `recallTools(sessions, { key: runnerSession })`.
 * @throws ConfigurationError where no runner runs.
 */
export function runnerSession(runtime: {
  readonly configurable?: Readonly<Record<string, unknown>>;
}): SessionKey {
  const key = runtime.configurable?.[SESSION_FIELD];
  if (typeof key !== "object" || key === null)
    throw new ConfigurationError("Expected a run of a session runner, which says whose session it is");
  return keyOf(key as SessionKey);
}
