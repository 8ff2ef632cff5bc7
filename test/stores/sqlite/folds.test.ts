import { DatabaseSync } from "node:sqlite";
import type { FoldSnapshot } from "@sessionfold/core";
import { afterAll, expect, test } from "vitest";
import { a, u } from "../../support/events.ts";
import { OpenedFiles } from "./opened-files.ts";
import { snapshotAt } from "./snapshots.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

const KEY = { appName: "app", userId: "user", sessionId: "s" };

/** A session of ten events with a way to keep a snapshot of it. */
async function tenEvents() {
  const service = files.create();
  await service.createSession({ ...KEY, state: { a: 1, "app:b": 2 } });
  for (let at = 0; at < 10; at++)
    await service.appendEvent({
      session: { ...KEY },
      event: { ...(at % 2 ? a("yes") : u("well?")), id: `e${at}` },
    });
  const { incarnation = "" } = (await service.getSession(KEY)) ?? {};
  const save = (snapshot: FoldSnapshot) => service.saveFold({ ...KEY, incarnation, snapshot });
  const ids = async () => (await service.readFolded(KEY))?.events.map(({ id }) => id);
  return { service, incarnation, save, ids };
}

test("without a snapshot the whole session is read, as every reader sees it", async () => {
  const { service } = await tenEvents();
  expect(await service.readFolded(KEY)).toEqual(await service.getSession(KEY));
  expect(await service.readFolded({ ...KEY, sessionId: "another" })).toBeNull();
});

test("with one, what it keeps is read and what came after it", async () => {
  const { service, save } = await tenEvents();
  const snapshot = snapshotAt(6, [4, 1]);
  await save(snapshot);
  const whole = await service.getSession(KEY);
  const events = whole?.events.filter(({ seq }) => seq > 6 || seq === 1 || seq === 4);
  expect(await service.readFolded(KEY)).toEqual({ ...whole, events, snapshot });
  expect(await files.another(service).readFolded(KEY)).toEqual({ ...whole, events, snapshot });
});

test("a snapshot gives way to a later one, not to an earlier one", async () => {
  const { save, ids } = await tenEvents();
  await save(snapshotAt(6, []));
  await save(snapshotAt(4, []));
  expect(await ids()).toEqual(["e7", "e8", "e9"]);
  await save(snapshotAt(6, [0]));
  expect(await ids()).toEqual(["e0", "e7", "e8", "e9"]);
  await save(snapshotAt(8, []));
  expect(await ids()).toEqual(["e9"]);
});

test("a snapshot of another session under the key is not kept, nor are counts", async () => {
  const { service, incarnation, save, ids } = await tenEvents();
  await service.deleteSession(KEY);
  await save(snapshotAt(6, []));
  await service.createSession(KEY);
  await service.appendEvent({ session: { ...KEY }, event: u("anew", { id: "e0" }) });
  await save(snapshotAt(6, []));
  const tokens = { counter: "letters", counts: new Map([["e0", 4]]) };
  await service.saveFold({ ...KEY, incarnation, tokens });
  expect(await ids()).toEqual(["e0"]);
  expect((await service.readFolded({ ...KEY, counter: "letters" }))?.tokenCounts?.size).toBe(0);
});

test("a snapshot whose events are not all there any more is not used", async () => {
  const { service, save, ids } = await tenEvents();
  await save(snapshotAt(6, [1, 4]));
  await service.deleteEvents({ ...KEY, eventIds: ["e2"] });
  expect(await ids()).toEqual(["e1", "e4", "e7", "e8", "e9"]);
  await service.deleteEvents({ ...KEY, eventIds: ["e4"] });
  expect(await ids()).toEqual(["e0", "e1", "e3", "e5", "e6", "e7", "e8", "e9"]);
});

test.each([
  ["of a version that is not known", JSON.stringify({ ...snapshotAt(6, []), format: 2 })],
  ["that is no JSON", "{"],
  ["of another form", JSON.stringify({ ...snapshotAt(6, []), keep: "all" })],
])("a snapshot %s is as good as none, and gives way to any", async (_, snapshot) => {
  const { service, save, ids } = await tenEvents();
  await save(snapshotAt(6, []));
  const database = new DatabaseSync(files.pathOf(service));
  database.prepare("UPDATE sessions SET snapshot = ?").run(snapshot);
  database.close();
  expect(await ids()).toHaveLength(10);
  await save(snapshotAt(2, []));
  expect(await ids()).toHaveLength(7);
});

test("token counts are kept with the events, of one counter each", async () => {
  const { service, incarnation, save } = await tenEvents();
  const keep = (counter: string, counts: readonly [string, number][]) =>
    service.saveFold({ ...KEY, incarnation, tokens: { counter, counts: new Map(counts) } });
  const counts = async (counter: string) => (await service.readFolded({ ...KEY, counter }))?.tokenCounts;
  await keep("letters", [
    ["e0", 5],
    ["e1", 3.5],
    ["e9", 0],
    ["never", 1],
  ]);
  expect(await counts("letters")).toEqual(
    new Map([
      ["e0", 5],
      ["e1", 3.5],
      ["e9", 0],
    ]),
  );
  expect(await counts("words")).toEqual(new Map());
  await keep("words", [["e1", 1]]);
  expect(await counts("letters")).toEqual(
    new Map([
      ["e0", 5],
      ["e9", 0],
    ]),
  );
  // Those of events that are not read do not come along.
  await save(snapshotAt(6, [1]));
  expect(await counts("words")).toEqual(new Map([["e1", 1]]));
  expect(await counts("letters")).toEqual(new Map([["e9", 0]]));
  expect(await service.readFolded(KEY)).not.toHaveProperty("tokenCounts");
});
