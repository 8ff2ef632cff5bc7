import {
  ConfigurationError,
  type Lease,
  type LeaseRequest,
  type SessionKey,
  SessionNotFoundError,
} from "@sessionfold/core";
import { describe, requireObject } from "@sessionfold/core/storage";
import type { Database } from "./database.ts";
import { requireName, storableKey } from "./names.ts";
import { integerOf } from "./session-rows.ts";
import { isOrphan } from "./store-errors.ts";

type HeldRequest = SessionKey & { readonly lease: Lease };

/** The lease, or null while another holds it. */
export async function acquireLease(database: Database, request: LeaseRequest): Promise<Lease | null> {
  const { appName, userId, sessionId } = storableKey(request);
  const { name, ttlMs } = request;
  requireName("name", name);
  requireTtl(ttlMs);
  // Run once more, it could find the lease taken by itself.
  const [answer] = await database.run({ repeatable: false }, async (query) => {
    try {
      return await query("acquireLease", [appName, userId, sessionId, name, ttlMs]);
    } catch (error) {
      // The session was deleted at the very moment.
      if (isOrphan(error)) throw new SessionNotFoundError(sessionId);
      throw error;
    }
  });
  if (answer === undefined || integerOf(answer.sessions) === 0) throw new SessionNotFoundError(sessionId);
  return answer.token === null ? null : { name, token: integerOf(answer.token) };
}

/** Holds a lease for longer; false where another has taken it, or it was released. */
export async function renewLease(
  database: Database,
  request: HeldRequest & { readonly ttlMs: number },
): Promise<boolean> {
  const values = heldValues(request);
  requireTtl(request.ttlMs);
  const held = await database.run({ repeatable: true }, (query) =>
    query("renewLease", [...values, request.ttlMs]),
  );
  return held.length > 0;
}

/** Gives a lease back. */
export async function releaseLease(database: Database, request: HeldRequest): Promise<void> {
  const values = heldValues(request);
  await database.run({ repeatable: true }, (query) => query("releaseLease", values));
}

function heldValues(request: HeldRequest): readonly unknown[] {
  const { appName, userId, sessionId } = storableKey(request);
  const { lease } = request;
  requireObject("lease", lease);
  requireName("lease.name", lease.name);
  requireToken(lease.token);
  return [appName, userId, sessionId, lease.name, lease.token];
}

/** @throws ConfigurationError for what was never a token */
export function requireToken(token: unknown): void {
  if (!Number.isSafeInteger(token))
    throw new ConfigurationError(`Expected \`lease.token\` to be an integer, got ${describe(token)}`);
}

function requireTtl(ttlMs: unknown): void {
  if (typeof ttlMs !== "number" || !Number.isFinite(ttlMs) || ttlMs <= 0)
    throw new ConfigurationError(`Expected \`ttlMs\` to be a number above 0, got ${describe(ttlMs)}`);
}
