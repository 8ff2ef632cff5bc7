import { ConfigurationError, InMemorySessionService, type SessionEvent } from "@sessionfold/core";
import { expect, test } from "vitest";
import { KEY, testServer } from "./support.ts";

const { open } = testServer();

const said = (id: string) => ({ id, author: "user", message: `said ${id}` });

const STORES = [
  ["in memory", async () => new InMemorySessionService()],
  ["PostgreSQL", () => open()],
] as const;

test.each(STORES)(
  "%s: what no position can be compared with is refused, all else is one",
  async (_, make) => {
    const store = await make();
    await store.createSession(KEY);
    for (const id of ["e0", "e1", "e2"]) await store.appendEvent({ session: KEY, event: said(id) });
    for (const afterSeq of [Number.NaN, null, "1", {}, [1], true]) {
      for (const key of [KEY, { ...KEY, sessionId: "missing" }]) {
        const refused = store.getSession({ ...key, afterSeq: afterSeq as number });
        await expect(refused).rejects.toThrow(ConfigurationError);
        await expect(refused).rejects.toThrow("Expected `afterSeq` to be a number, got");
      }
    }
    const news = async (afterSeq: number | undefined) =>
      (await store.getSession({ ...KEY, afterSeq }))?.events.map(({ id }) => id);
    for (const first of [undefined, Number.NEGATIVE_INFINITY, -1e300, -0.5])
      expect(await news(first)).toEqual(["e0", "e1", "e2"]);
    expect(await news(0.5)).toEqual(["e1", "e2"]);
    for (const last of [2, 2 ** 53, 1e300, Number.POSITIVE_INFINITY]) expect(await news(last)).toEqual([]);
  },
);

test.each(STORES)(
  "%s: pages of a size, or behind a place, that no store can count to are refused",
  async (_, make) => {
    const store = await make();
    await store.createSession(KEY);
    for (const request of [
      { limit: 1e300 },
      { limit: 2 ** 53 },
      { cursor: "1e300" },
      { cursor: "9007199254740992" },
    ]) {
      const refused = store.listSessions({ appName: KEY.appName, ...request });
      await expect(refused).rejects.toThrow(ConfigurationError);
      await expect(refused).rejects.toThrow(/Expected `(limit|cursor)` to be/);
    }
    const largest = Number.MAX_SAFE_INTEGER;
    expect((await store.listSessions({ appName: KEY.appName, limit: largest })).sessions).toHaveLength(1);
    const behind = await store.listSessions({ appName: KEY.appName, cursor: String(largest) });
    expect(behind).toEqual({ sessions: [] });
  },
);

test("a session that ends at the largest position goes on", async () => {
  const store = await open();
  const seq = 2 ** 52;
  const event = {
    ...said("last"),
    seq,
    timestamp: 1,
    actions: {},
    message: { type: "human", data: { content: "at noon" } },
  };
  await store.importSession({
    ...KEY,
    state: {},
    lastUpdateTime: 1,
    events: [event as unknown as SessionEvent],
  });
  const lease = await store.acquireLease({ ...KEY, name: "fold", ttlMs: 60_000 });
  if (lease === null) throw new Error("Expected a lease");
  const condition = { lastSeq: seq, lease };
  expect((await store.appendEvent({ session: KEY, event: said("next"), condition })).seq).toBe(seq + 1);
  // The same id once more, and a place in the log that is not its end.
  expect((await store.appendEvent({ session: KEY, event: said("next"), condition })).seq).toBe(seq + 1);
  await expect(
    store.appendEvent({ session: KEY, event: said("other"), condition: { lastSeq: seq } }),
  ).rejects.toMatchObject({ code: "append-conflict" });
  expect((await store.getSession(KEY))?.events.map((found) => found.seq)).toEqual([seq, seq + 1]);
  expect((await store.getSession({ ...KEY, afterSeq: seq }))?.events.map(({ id }) => id)).toEqual(["next"]);
  expect(await store.searchEvents({ ...KEY, words: ["noon"], limit: 5 })).toHaveLength(1);
  const { incarnation = "" } = (await store.getSession(KEY)) ?? {};
  const snapshot = { format: 1, seq, keep: [seq], summaries: [], openCalls: [], closedBy: null } as const;
  await store.saveFold({ ...KEY, incarnation, snapshot });
  expect(await store.readFolded(KEY)).toMatchObject({ snapshot, events: [{ seq }, { seq: seq + 1 }] });
  expect(await store.deleteEvents({ ...KEY, eventIds: ["next"] })).toBe(1);
  expect((await store.appendEvent({ session: KEY, event: said("then") })).seq).toBe(seq + 2);
});
