import { canAppendIf, canLease, type Lease, type SessionService } from "@sessionfold/core";
import { equal, errorOf, holds, rejects } from "../asserts/asserts.ts";
import { appendAll, fullOf, idsIn, idsOf, KEY, textOf } from "../kit/reading.ts";
import { lines, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { ticks } from "../kit/waiting.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";

const AT_ONCE = 12;
const OTHER = { ...KEY, sessionId: "other" };

/** Long enough for any call of a rule, in milliseconds. */
const TTL_MS = 60_000;

/** Conditions and leases, of services that offer them. What a service does not offer, it need not hold. */
export const CLAIM_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("claims", {
  "claim-conditions": {
    title: "where conditions are offered: of appends at once that ask for one end of the log, one is stored",
    why: "Two summaries of one range would both be paid for, and both stand in the log.",
    async check(kit) {
      const one = await kit.service();
      await one.createSession(KEY);
      const services = [one, await kit.another(one)];
      if (!services.every(canAppendIf)) return;
      const append = (at: number, id: string, lastSeq: number) =>
        (services[at % 2] ?? one).appendEvent({
          session: { ...KEY },
          event: user(`try ${at}`, { id, actions: { stateDelta: { at, "app:at": at } } }),
          condition: { lastSeq },
        });
      let lastSeq = -1;
      const stored: string[] = [];
      for (let round = 0; round < 3; round++) {
        const tries = Array.from({ length: AT_ONCE }, (_, at) => at);
        const errors = await Promise.all(
          tries.map((at) => errorOf(() => append(at, `r${round}-${at}`, lastSeq))),
        );
        const winners = errors.flatMap((error, at) => (error === undefined ? [at] : []));
        equal(winners.length, 1, "The number of appends that were stored");
        for (const error of errors.filter((each) => each !== undefined))
          await rejects("append-conflict", "An append that came second", () => Promise.reject(error.value));
        stored.push(`r${round}-${winners[0]}`);
        const session = await fullOf(one);
        equal(idsIn(session.events), stored, "The log");
        equal(session.state, { at: winners[0], "app:at": winners[0] }, "The state");
        lastSeq = session.events.at(-1)?.seq ?? -1;
      }
      await rejects("append-conflict", "An append at an old end", () => append(0, "late", -1));
      const known = await append(0, stored[0] ?? "", -1);
      equal(known.id, stored[0], "The answer to an append of a stored id, whatever its condition");
      equal(await idsOf(one), stored, "The log afterwards");
    },
  },
  "claim-leases": {
    title: "where leases are offered: one holder at a time, in each session, by a token that grows",
    why: "A lease that two workers have is no lease, and a token that repeats fences nobody off.",
    async check(kit) {
      const one = await kit.service();
      for (const key of [KEY, OTHER]) await one.createSession(key);
      const services = [one, await kit.another(one)];
      if (!canLease(one) || !services.every(canLease)) return;
      const [first, second = first] = services;
      holds(first !== undefined && second !== undefined, "Expected two services");
      const acquire = (at: number) =>
        (at % 2 === 0 ? first : second).acquireLease({ ...KEY, name: "fold", ttlMs: TTL_MS });
      let before: Lease | undefined;
      for (let round = 0; round < 3; round++) {
        const asked = await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => acquire(at)));
        const granted = asked.filter((lease) => lease !== null);
        equal(granted.length, 1, "The number of holders");
        const [lease] = granted;
        holds(lease !== undefined && lease.token > (before?.token ?? -1), "Expected the token to grow");
        if (before !== undefined) {
          const old = { ...KEY, lease: before };
          equal(await second.renewLease({ ...old, ttlMs: TTL_MS }), false, "Whether an old lease is renewed");
          await first.releaseLease(old);
          equal(await acquire(1), null, "A lease that another one holds, when an old one was given back");
        }
        holds(
          await second.renewLease({ ...KEY, lease, ttlMs: TTL_MS }),
          "Expected a lease that is held to be renewed",
        );
        await second.releaseLease({ ...KEY, lease });
        before = lease;
      }
      for (const request of [
        { ...OTHER, name: "fold" },
        { ...KEY, name: "another" },
        { ...KEY, name: "fold" },
      ])
        holds(
          (await first.acquireLease({ ...request, ttlMs: TTL_MS })) !== null,
          "Expected a lease to be apart from others",
        );
      await rejects("session-not-found", "A lease on no session", () =>
        first.acquireLease({ ...KEY, sessionId: "missing", name: "fold", ttlMs: TTL_MS }),
      );
    },
  },
  "claim-fenced": {
    title: "where both are offered: an append under a lease that another one has taken since is refused",
    why: "A worker that slept past its lease wakes up and writes over the one that took its place.",
    async check(kit) {
      const one = await kit.service();
      await one.createSession(KEY);
      await appendAll(one, lines(1));
      const two = await kit.another(one);
      if (!canLease(one) || !canLease(two) || !canAppendIf(one) || !canAppendIf(two)) return;
      const write = (service: SessionService, id: string, lease: Lease) =>
        service.appendEvent({ session: { ...KEY }, event: user(`of ${id}`, { id }), condition: { lease } });
      const old = await one.acquireLease({ ...KEY, name: "fold", ttlMs: 1 });
      holds(old !== null, "Expected a lease that nobody holds");
      // Nobody has taken it, so it still stands, though its time is over.
      await ticks();
      await write(one, "expired", old);
      const taken = await two.acquireLease({ ...KEY, name: "fold", ttlMs: TTL_MS });
      holds(
        taken !== null && taken.token > old.token,
        "Expected a lease whose time is over to be taken, by a greater token",
      );
      await rejects("lease-lost", "An append under a lost lease", () => write(one, "lost", old));
      await write(two, "held", taken);
      equal(textOf(await write(one, "held", old)), "of held", "The answer to an append of a stored id");
      equal(await idsOf(two), ["e0", "expired", "held"], "The log");
    },
  },
});
