import { setTimeout as sleep } from "node:timers/promises";
import { type Lease, LeaseLostError, SessionNotFoundError } from "@sessionfold/core";
import type { PostgresSessionService } from "@sessionfold/postgres";
import { expect, test } from "vitest";
import { faultyPool, KEY, testServer } from "./support.ts";

const { database, open, server } = testServer();

const LONG = 600_000;
const SHORT = 20;

async function taken(service: PostgresSessionService, ttlMs: number = LONG): Promise<Lease> {
  const lease = await service.acquireLease({ ...KEY, name: "fold", ttlMs });
  if (lease === null) throw new Error("Expected the lease to be free");
  return lease;
}

/** Takes the lease as soon as it has expired by the clock of the database. */
async function takenLater(service: PostgresSessionService): Promise<Lease> {
  for (;;) {
    const lease = await service.acquireLease({ ...KEY, name: "fold", ttlMs: LONG });
    if (lease !== null) return lease;
    await sleep(SHORT);
  }
}

test("one of many gets a lease; it is free again once released or expired, and tokens grow", async () => {
  const url = await database();
  const services = await Promise.all(Array.from({ length: 8 }, () => open(url)));
  const [service] = services as [PostgresSessionService];
  await service.createSession(KEY);
  const asked = await Promise.all(
    services.map((each) => each.acquireLease({ ...KEY, name: "fold", ttlMs: LONG })),
  );
  const [first, ...more] = asked.filter((lease) => lease !== null);
  if (first === undefined) throw new Error("Expected one to get it");
  expect(more).toEqual([]);
  expect(await service.acquireLease({ ...KEY, name: "other", ttlMs: LONG })).not.toBeNull();
  await service.releaseLease({ ...KEY, lease: first });
  const second = await taken(service, SHORT);
  expect(second.token).toBeGreaterThan(first.token);
  const third = await takenLater(service);
  expect(third.token).toBeGreaterThan(second.token);
});

test("it is renewed while nobody else has taken it, expired or not, and never after its release", async () => {
  const service = await open();
  await service.createSession(KEY);
  const first = await taken(service, SHORT);
  await sleep(2 * SHORT);
  expect(await service.renewLease({ ...KEY, lease: first, ttlMs: LONG })).toBe(true);
  expect(await service.acquireLease({ ...KEY, name: "fold", ttlMs: LONG })).toBeNull();
  expect(await service.renewLease({ ...KEY, lease: first, ttlMs: SHORT })).toBe(true);
  const second = await takenLater(service);
  expect(await service.renewLease({ ...KEY, lease: first, ttlMs: LONG })).toBe(false);
  await service.releaseLease({ ...KEY, lease: first });
  expect(await service.acquireLease({ ...KEY, name: "fold", ttlMs: LONG })).toBeNull();
  await service.releaseLease({ ...KEY, lease: second });
  expect(await service.renewLease({ ...KEY, lease: second, ttlMs: LONG })).toBe(false);
  expect((await taken(service)).token).toBeGreaterThan(second.token);
});

test("under a lease an event is stored until another has taken it", async () => {
  const service = await open();
  await service.createSession(KEY);
  const append = (id: string, lease: Lease) =>
    service.appendEvent({ session: KEY, event: { id, message: id }, condition: { lease } });
  const first = await taken(service, SHORT);
  await append("held", first);
  await sleep(2 * SHORT);
  await append("expired", first);
  const second = await takenLater(service);
  await expect(append("late", first)).rejects.toThrow(LeaseLostError);
  await append("next", second);
  await service.releaseLease({ ...KEY, lease: second });
  await append("released", second);
  await expect(append("never", { name: "fold", token: second.token + 1 })).rejects.toThrow(LeaseLostError);
  expect((await service.getSession(KEY))?.events.map(({ id }) => id)).toEqual([
    "held",
    "expired",
    "next",
    "released",
  ]);
});

test("who takes a lease waits for an append under the one before: nothing of it comes later", async () => {
  const url = await database();
  const service = await open(url);
  await service.createSession(KEY);
  const first = await taken(service, SHORT);
  await sleep(2 * SHORT);
  let next: Promise<{ readonly lease: Lease | null; readonly ids: unknown }> | undefined;
  const take = async () => {
    const lease = await service.acquireLease({ ...KEY, name: "fold", ttlMs: LONG });
    // Which of two connections tells its end first is the network's to say; what is stored by then is not.
    return { lease, ids: (await service.getSession(KEY))?.events.map(({ id }) => id) };
  };
  const between = faultyPool(server().pool(url), {
    after: async (text) => {
      if (!text.includes("FOR SHARE")) return;
      next = take();
      await waitingFor(url);
    },
  });
  const holder = await open(url, { pool: between });
  await holder.appendEvent({ session: KEY, event: { id: "e", message: "x" }, condition: { lease: first } });
  const then = await next;
  expect(then?.lease?.token).toBeGreaterThan(first.token);
  expect(then?.ids).toEqual(["e"]);
});

/** Until a connection to that database waits for another one's lock. */
async function waitingFor(url: string): Promise<void> {
  const waits =
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  while ((await server().run(waits, [], url)).length === 0) await sleep(SHORT);
}

test("a session made anew has none of the leases of the one before, nor their tokens", async () => {
  const service = await open();
  await service.createSession(KEY);
  const old = await taken(service);
  await service.deleteSession(KEY);
  await expect(service.acquireLease({ ...KEY, name: "fold", ttlMs: LONG })).rejects.toThrow(
    SessionNotFoundError,
  );
  expect(await service.renewLease({ ...KEY, lease: old, ttlMs: LONG })).toBe(false);
  await service.createSession(KEY);
  const append = () =>
    service.appendEvent({ session: KEY, event: { id: "e", message: "x" }, condition: { lease: old } });
  await expect(append()).rejects.toThrow(LeaseLostError);
  expect((await taken(service)).token).toBeGreaterThan(old.token);
  await expect(append()).rejects.toThrow(LeaseLostError);
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("a time of %s ms is refused", async (ttlMs) => {
  const service = await open();
  await service.createSession(KEY);
  await expect(service.acquireLease({ ...KEY, name: "fold", ttlMs })).rejects.toThrow(
    "Expected `ttlMs` to be a number above 0",
  );
});
