import type { Lease } from "@sessionfold/core";

/** A lease that a store has granted. */
export interface Grant {
  readonly decorator: string;
  /** Of the session. */
  readonly key: string;
  readonly incarnation: number;
  readonly lease: Lease;
  /** When it ends by itself, in virtual time. */
  expiresAt: number;
  /** Whether it was given back. */
  isOver: boolean;
}

/** Every lease of a run, by which the answers of the store are checked. */
export class LeaseBook {
  readonly #now: () => number;
  readonly #broken: (what: string) => void;
  readonly #grants: Grant[] = [];

  constructor(now: () => number, broken: (what: string) => void) {
    this.#now = now;
    this.#broken = broken;
  }

  /** The latest of a session by that name. */
  newest(key: string, incarnation: number, name: string): Grant | undefined {
    return this.#grants.findLast(
      (grant) => grant.key === key && grant.incarnation === incarnation && grant.lease.name === name,
    );
  }

  /** The latest of a decorator by that name. */
  of(decorator: string, key: string, name: string): Grant | undefined {
    return this.#grants.findLast(
      (grant) => grant.decorator === decorator && grant.key === key && grant.lease.name === name,
    );
  }

  /** Whether its holder may still work. */
  isHeld({ isOver, expiresAt }: Grant): boolean {
    return !isOver && expiresAt > this.#now();
  }

  /** The store was asked for a lease, and has answered. */
  acquired(
    asked: Pick<Grant, "decorator" | "key" | "incarnation"> & {
      readonly name: string;
      readonly ttlMs: number;
    },
    lease: Lease | null,
  ): void {
    const { name, ttlMs, ...whose } = asked;
    const before = this.newest(whose.key, whose.incarnation, name);
    const isFree = before === undefined || !this.isHeld(before);
    if (lease === null) {
      if (isFree) this.#broken("a lease is refused that nobody holds");
      return;
    }
    if (!isFree) this.#broken("a lease is granted that another holds");
    const isKnown = this.#grants.some(
      ({ key, lease: { token } }) => key === whose.key && token >= lease.token,
    );
    if (isKnown) this.#broken("a lease is no later than one before it");
    this.#grants.push({ ...whose, lease, expiresAt: this.#now() + ttlMs, isOver: false });
  }

  /** The store was asked to let a lease last, and has answered. */
  renewed(key: string, incarnation: number, lease: Lease, ttlMs: number, isRenewed: boolean): void {
    const newest = this.newest(key, incarnation, lease.name);
    const isOwn = newest !== undefined && newest.lease.token === lease.token && !newest.isOver;
    if (isOwn !== isRenewed) this.#broken(`a lease is ${isRenewed ? "" : "not "}renewed against the rules`);
    if (isOwn) newest.expiresAt = this.#now() + ttlMs;
  }

  /** A lease was given back. */
  released(key: string, lease: Lease): void {
    const grant = this.#grants.find((each) => each.key === key && each.lease.token === lease.token);
    if (grant !== undefined) grant.isOver = true;
  }

  /** Whether nobody has taken a lease since. */
  isNewest(key: string, incarnation: number, { name, token }: Lease): boolean {
    return this.newest(key, incarnation, name)?.lease.token === token;
  }
}
