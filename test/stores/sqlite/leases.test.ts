import { afterAll, expect, test } from "vitest";
import { u } from "../../support/events.ts";
import { OpenedFiles } from "./opened-files.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

const KEY = { appName: "app", userId: "user", sessionId: "s" };
const FOLD = { ...KEY, name: "fold", ttlMs: 100 };

/** Two services over one file, on one clock. */
async function twoServices() {
  let now = 1000;
  const clock = () => now;
  const one = files.create({ clock });
  await one.createSession(KEY);
  return {
    one,
    other: files.another(one, { clock }),
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

function held<T>(lease: T | null): T {
  if (lease === null) throw new Error("Expected a lease");
  return lease;
}

test("one holds a lease at a time, until it expires by the clock of the store", async () => {
  const { one, other, pass } = await twoServices();
  const first = held(await one.acquireLease(FOLD));
  expect(await other.acquireLease(FOLD)).toBeNull();
  expect(await one.acquireLease(FOLD)).toBeNull();
  expect(await other.acquireLease({ ...FOLD, name: "another" })).not.toBeNull();
  pass(99);
  expect(await other.acquireLease(FOLD)).toBeNull();
  pass(1);
  const second = held(await other.acquireLease(FOLD));
  expect(second).toEqual({ name: "fold", token: expect.any(Number) });
  expect(second.token).toBeGreaterThan(first.token);
});

test("a lease is renewed from now on, expired or not, until another has taken it", async () => {
  const { one, other, pass } = await twoServices();
  const lease = held(await one.acquireLease(FOLD));
  pass(90);
  expect(await one.renewLease({ ...KEY, lease, ttlMs: 100 })).toBe(true);
  pass(90);
  expect(await other.acquireLease(FOLD)).toBeNull();
  pass(90);
  expect(await one.renewLease({ ...KEY, lease, ttlMs: 100 })).toBe(true);
  pass(100);
  const theirs = held(await other.acquireLease(FOLD));
  expect(await one.renewLease({ ...KEY, lease, ttlMs: 100 })).toBe(false);
  await one.releaseLease({ ...KEY, lease });
  expect(await one.acquireLease(FOLD)).toBeNull();
  expect(await other.renewLease({ ...KEY, lease: theirs, ttlMs: 100 })).toBe(true);
});

test("a lease that was given back is free, cannot be renewed, and its token never comes again", async () => {
  const { one, other } = await twoServices();
  const lease = held(await one.acquireLease(FOLD));
  await one.releaseLease({ ...KEY, lease });
  expect(await one.renewLease({ ...KEY, lease, ttlMs: 100 })).toBe(false);
  expect(held(await other.acquireLease(FOLD)).token).toBeGreaterThan(lease.token);
});

test("what is stored under a lease is stored while nobody else has taken it, expired or given back", async () => {
  const { one, other, pass } = await twoServices();
  const lease = held(await one.acquireLease(FOLD));
  const append = (id: string) =>
    one.appendEvent({ session: { ...KEY }, event: u("said", { id }), condition: { lease } });
  await append("e0");
  pass(1000);
  await append("e1");
  await one.releaseLease({ ...KEY, lease });
  await append("e2");
  const theirs = held(await other.acquireLease(FOLD));
  await expect(append("e3")).rejects.toMatchObject({ code: "lease-lost" });
  await other.releaseLease({ ...KEY, lease: theirs });
  await expect(append("e3")).rejects.toMatchObject({ code: "lease-lost" });
  // What is stored already is stored, whoever asks.
  expect(await append("e2")).toMatchObject({ id: "e2", seq: 2 });
  expect((await other.getSession(KEY))?.events.map(({ id }) => id)).toEqual(["e0", "e1", "e2"]);
});

test("a lease ends with its session, and counts for none that is made anew under the key", async () => {
  const { one, other } = await twoServices();
  const lease = held(await one.acquireLease(FOLD));
  await other.deleteSession(KEY);
  await expect(one.acquireLease(FOLD)).rejects.toMatchObject({ code: "session-not-found" });
  await other.createSession(KEY);
  const late = one.appendEvent({ session: { ...KEY }, event: u("late"), condition: { lease } });
  await expect(late).rejects.toMatchObject({ code: "lease-lost" });
  expect(await one.renewLease({ ...KEY, lease, ttlMs: 100 })).toBe(false);
  const theirs = held(await other.acquireLease(FOLD));
  expect(theirs.token).toBeGreaterThan(lease.token);
  await one.releaseLease({ ...KEY, lease });
  expect(await one.acquireLease(FOLD)).toBeNull();
});

test("a clock that is set back keeps no lease for longer than it was granted for", async () => {
  const { one, other, pass } = await twoServices();
  const lease = held(await one.acquireLease(FOLD));
  pass(-1);
  const second = held(await other.acquireLease({ ...FOLD, ttlMs: 50 }));
  expect(second.token).toBeGreaterThan(lease.token);
  expect(await one.renewLease({ ...KEY, lease, ttlMs: 100 })).toBe(false);
  // Renewed, it lasts for as long as it was renewed for; by the same clock it is held.
  expect(await other.renewLease({ ...KEY, lease: second, ttlMs: 1000 })).toBe(true);
  expect(await one.acquireLease(FOLD)).toBeNull();
  pass(999);
  expect(await one.acquireLease(FOLD)).toBeNull();
  pass(-1000);
  expect(await one.acquireLease(FOLD)).not.toBeNull();
});

test("of many that ask at once, one gets the lease", async () => {
  const { one, other } = await twoServices();
  const asked = Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? one : other).acquireLease(FOLD));
  expect((await Promise.all(asked)).filter((lease) => lease !== null)).toHaveLength(1);
});

test.each([
  [{ name: "" }, "Expected `name` to be a string with text in it, got a string of 0 characters"],
  [{ name: "a\0b" }, /^Expected `name` to be a text without NUL/],
  [{ ttlMs: 0 }, "Expected `ttlMs` to be milliseconds above 0, got 0"],
  [{ ttlMs: Number.POSITIVE_INFINITY }, "Expected `ttlMs` to be milliseconds above 0, got Infinity"],
])("refuses %j", async (wrong, message) => {
  const { one } = await twoServices();
  await expect(one.acquireLease({ ...FOLD, ...wrong })).rejects.toThrow(message);
});
