import { ConfigurationError } from "../shared/errors.ts";
import { describe, requireObject } from "../shared/validate.ts";

/** Names one session. No call made with one key ever sees or changes another. */
export interface SessionKey {
  readonly appName: string;
  readonly userId: string;
  readonly sessionId: string;
}

/**
 * A key, or anything that carries one: a session of ours, or of an agent kit that calls the session's id `id`.
 */
export type SessionRef =
  | SessionKey
  | { readonly appName: string; readonly userId: string; readonly id: string };

/**
 * The key of a session, from the session itself or from a request.
 * @throws ConfigurationError when a part is missing or not a string.
 */
export function keyOf(ref: SessionRef): SessionKey {
  requireObject("session", ref);
  const sessionId =
    "sessionId" in ref && ref.sessionId !== undefined ? ref.sessionId : (ref as { id: string }).id;
  const key = { appName: ref.appName, userId: ref.userId, sessionId };
  for (const [field, value] of Object.entries(key)) {
    if (typeof value !== "string" || value === "") {
      throw new ConfigurationError(
        `Expected \`${field}\` to be a string with text in it, got ${describe(value)}`,
      );
    }
  }
  return key;
}

/** A string that is equal for equal keys and differs for different ones, whatever the parts contain. */
export function keyString(key: SessionKey): string {
  return JSON.stringify([key.appName, key.userId, key.sessionId]);
}
