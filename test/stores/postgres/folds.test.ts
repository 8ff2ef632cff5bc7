import { type FoldSnapshot, InMemorySessionService } from "@sessionfold/core";
import type { PostgresSessionService } from "@sessionfold/postgres";
import { expect, test } from "vitest";
import { KEY, testServer } from "./support.ts";

const { database, open, server } = testServer();

const snapshotAt = (seq: number, keep: readonly number[], id = "sum"): FoldSnapshot => ({
  format: 1,
  seq,
  keep,
  summaries: [{ id, status: "effective", position: 0, size: 3, covered: [], omitted: [] }],
  openCalls: [],
  closedBy: null,
});

async function withEvents(count: number, url?: string): Promise<[PostgresSessionService, string]> {
  const service = await open(url);
  const { incarnation = "" } = await service.createSession({ ...KEY, state: { "app:a": 1, own: 2 } });
  for (let at = 0; at < count; at++)
    await service.appendEvent({
      session: KEY,
      event: { id: `e${at}`, author: "user", message: `said ${at}` },
    });
  return [service, incarnation];
}

const positions = async (service: PostgresSessionService): Promise<readonly number[] | undefined> =>
  (await service.readFolded(KEY))?.events.map(({ seq }) => seq);

test("without a snapshot a folded read is the whole session; of none it is null", async () => {
  const [service] = await withEvents(3);
  expect(await service.readFolded(KEY)).toEqual(await service.getSession(KEY));
  expect(await service.readFolded({ ...KEY, userId: "other" })).toBeNull();
});

test("with one it has the entries that this needs and those behind it", async () => {
  const [service, incarnation] = await withEvents(8);
  const snapshot = snapshotAt(5, [0, 3]);
  await service.saveFold({ ...KEY, incarnation, snapshot });
  const { events: _, ...session } = (await service.getSession(KEY)) ?? { events: [] };
  expect(await service.readFolded(KEY)).toMatchObject({ ...session, snapshot });
  expect(await positions(service)).toEqual([0, 3, 6, 7]);
});

test("an earlier snapshot takes the place of no later one", async () => {
  const [service, incarnation] = await withEvents(8);
  await service.saveFold({ ...KEY, incarnation, snapshot: snapshotAt(5, [1]) });
  await service.saveFold({ ...KEY, incarnation, snapshot: snapshotAt(4, [0]) });
  expect(await positions(service)).toEqual([1, 6, 7]);
  await service.saveFold({ ...KEY, incarnation, snapshot: snapshotAt(6, [2], "another") });
  expect(await positions(service)).toEqual([2, 7]);
});

test("nothing is kept of a session that is gone or was made anew", async () => {
  const [service, incarnation] = await withEvents(3);
  await service.saveFold({ ...KEY, incarnation, snapshot: snapshotAt(1, [0]) });
  await service.deleteSession(KEY);
  const tokens = { counter: "c", counts: new Map([["e0", 7]]) };
  await service.saveFold({ ...KEY, incarnation, snapshot: snapshotAt(1, [0]), tokens });
  await service.createSession(KEY);
  await service.appendEvent({ session: KEY, event: { id: "e0", message: "anew" } });
  await service.saveFold({ ...KEY, incarnation, snapshot: snapshotAt(1, [0]), tokens });
  const read = await service.readFolded({ ...KEY, counter: "c" });
  expect(read?.snapshot).toBeUndefined();
  expect(read?.tokenCounts).toEqual(new Map());
  expect(read?.events.map(({ id }) => id)).toEqual(["e0"]);
});

test("counts are those of the counter asked for, of the events read", async () => {
  const [service, incarnation] = await withEvents(4);
  const counts = new Map([
    ["e0", 10],
    ["e2", 12.5],
    ["e3", 0],
    ["never stored", 5],
    ["nul\0", 5],
  ]);
  await service.saveFold({ ...KEY, incarnation, tokens: { counter: "o200k", counts } });
  await service.saveFold({ ...KEY, incarnation, snapshot: snapshotAt(2, [2]) });
  const read = async (counter: string) => (await service.readFolded({ ...KEY, counter }))?.tokenCounts;
  expect(await read("o200k")).toEqual(
    new Map([
      ["e2", 12.5],
      ["e3", 0],
    ]),
  );
  expect(await read("another")).toEqual(new Map());
  await service.saveFold({
    ...KEY,
    incarnation,
    tokens: { counter: "another", counts: new Map([["e3", 9]]) },
  });
  expect(await read("another")).toEqual(new Map([["e3", 9]]));
  expect(await read("o200k")).toEqual(new Map([["e2", 12.5]]));
});

test.each(["{", '{"format":2,"seq":1,"keep":[]}', "null"])(
  "a snapshot that this version cannot read is as none: %s",
  async (stored) => {
    const url = await database();
    const [service, incarnation] = await withEvents(4, url);
    await service.saveFold({ ...KEY, incarnation, snapshot: snapshotAt(2, [0]) });
    await server().run("UPDATE sessionfold.folds SET snapshot = $1", [stored], url);
    expect(await service.readFolded(KEY)).toEqual(await service.getSession(KEY));
  },
);

test("a deletion of events drops the snapshot, which tells of a log that is not there any more", async () => {
  const [service, incarnation] = await withEvents(4);
  await service.saveFold({ ...KEY, incarnation, snapshot: snapshotAt(2, [0]) });
  expect(await service.deleteEvents({ ...KEY, eventIds: ["unknown"] })).toBe(0);
  expect(await positions(service)).toEqual([0, 3]);
  expect(await service.deleteEvents({ ...KEY, eventIds: ["e1"] })).toBe(1);
  expect(await positions(service)).toEqual([0, 2, 3]);
});

test("an import is whole: positions, state and times; of one that fails nothing is there", async () => {
  const [service] = await withEvents(4);
  await service.deleteEvents({ ...KEY, eventIds: ["e1"] });
  const { events } = (await service.getSession(KEY)) ?? { events: [] };
  const request = { state: { own: [1, null], "app:a": 5 }, events, lastUpdateTime: 1234.5 };
  const memory = new InMemorySessionService();
  const there = { ...KEY, sessionId: "there" };
  for (const each of [memory, service]) await each.importSession({ ...there, ...request });
  const imported = await service.getSession(there);
  const { incarnation: _, ...expected } = (await memory.getSession(there)) ?? {};
  expect(imported).toMatchObject(expected);
  expect(imported?.events.map(({ seq }) => seq)).toEqual([0, 2, 3]);
  expect((await service.getSession(KEY))?.state).toEqual({ "app:a": 1, own: 2 });
  expect((await service.appendEvent({ session: there, event: { message: "next" } })).seq).toBe(4);
  await expect(service.importSession({ ...there, ...request })).rejects.toMatchObject({
    code: "session-exists",
  });

  const bad = { ...KEY, sessionId: "bad" };
  const wrong = events.map((event, at) => (at === 2 ? { ...event, id: "nul\0" } : event));
  await expect(service.importSession({ ...bad, ...request, events: wrong })).rejects.toThrow(
    "Expected `events[2].id` to be text without NUL",
  );
  expect(await service.getSession(bad)).toBeNull();
});

test("a long import comes in one piece", async () => {
  const service = await open();
  const source = new InMemorySessionService();
  await source.createSession(KEY);
  for (let at = 0; at < 2_500; at++)
    await source.appendEvent({
      session: KEY,
      event: { id: `e${at}`, author: "user", message: `said ${at}` },
    });
  const { events, lastUpdateTime } = (await source.getSession(KEY)) ?? { events: [], lastUpdateTime: 0 };
  await service.importSession({ ...KEY, state: {}, events, lastUpdateTime });
  expect((await service.getSession(KEY))?.events).toEqual(events);
});
