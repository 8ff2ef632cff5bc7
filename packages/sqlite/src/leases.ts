import {
  ConfigurationError,
  type Lease,
  type LeaseRequest,
  type SessionKey,
  SessionNotFoundError,
} from "@sessionfold/core";
import { describe, requireObject } from "@sessionfold/core/storage";
import type { Connection } from "./connection.ts";
import { findSession, keyParameters } from "./rows.ts";
import { ADD_LEASE, FIND_LEASE, RELEASE_LEASE, RENEW_LEASE } from "./statements.ts";
import { requireStorable } from "./storable.ts";

/** @throws ConfigurationError for a name that is none */
export function leaseName(name: unknown): string {
  if (typeof name !== "string" || name === "")
    throw new ConfigurationError(`Expected \`name\` to be a string with text in it, got ${describe(name)}`);
  requireStorable("name", name);
  return name;
}

/** @throws ConfigurationError for a time that is none */
export function leaseTime(ttlMs: unknown): number {
  if (typeof ttlMs !== "number" || !Number.isFinite(ttlMs) || ttlMs <= 0)
    throw new ConfigurationError(`Expected \`ttlMs\` to be milliseconds above 0, got ${describe(ttlMs)}`);
  return ttlMs;
}

/** @throws ConfigurationError for a lease that is none */
export function checkedLease(lease: Lease): Lease {
  requireObject("lease", lease);
  const { token } = lease;
  if (!Number.isSafeInteger(token))
    throw new ConfigurationError(`Expected \`lease.token\` to be an integer, got ${describe(token)}`);
  return { name: leaseName(lease.name), token };
}

/** Grants a lease, or null while another holds it. @throws SessionNotFoundError */
export function acquireLease(
  connection: Connection,
  key: SessionKey,
  { name, ttlMs }: Pick<LeaseRequest, "name" | "ttlMs">,
  now: number,
): Lease | null {
  if (findSession(connection, key) === undefined) throw new SessionNotFoundError(key.sessionId);
  const named = { ...keyParameters(key), name };
  const latest = connection.get<LatestLease>(FIND_LEASE, named);
  if (latest !== undefined && isHeld(latest, now)) return null;
  const added = connection.get<{ token: number }>(ADD_LEASE, { ...named, now, ttlMs });
  return added === undefined ? null : { name, token: added.token };
}

/** One that ends later than it could if it were granted now is of a time before the clock was set back: that is over. */
function isHeld({ expiresAt, ttlMs }: LatestLease, now: number): boolean {
  return expiresAt !== null && expiresAt > now && expiresAt <= now + ttlMs;
}

interface LatestLease {
  /** Null: it was given back. */
  readonly expiresAt: number | null;
  readonly ttlMs: number;
}

/** Whether the lease was still the latest, and not given back; then it lasts for `ttlMs` from now on. */
export function renewLease(
  connection: Connection,
  key: SessionKey,
  { name, token }: Lease,
  { now, ttlMs }: { readonly now: number; readonly ttlMs: number },
): boolean {
  return connection.run(RENEW_LEASE, { ...keyParameters(key), name, token, now, ttlMs }) === 1;
}

/** Gives a lease back, unless another was granted since. */
export function releaseLease(connection: Connection, key: SessionKey, { name, token }: Lease): void {
  connection.run(RELEASE_LEASE, { ...keyParameters(key), name, token });
}
