import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { u } from "../../support/events.ts";
import { OpenedFiles } from "./opened-files.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

const KEY = { appName: "app", userId: "user", sessionId: "s" };

/** A service with a session, over a file that another connection then holds until `release`. */
async function heldFile(busyTimeoutMs: number) {
  const service = files.create({ busyTimeoutMs });
  await service.createSession(KEY);
  const holder = new DatabaseSync(files.pathOf(service));
  holder.exec("BEGIN IMMEDIATE");
  const release = () => holder.exec("ROLLBACK");
  onTestFinished(async () => {
    holder.close();
    await service.close();
  });
  const append = (id: string) => service.appendEvent({ session: { ...KEY }, event: u("said", { id }) });
  return { service, release, append };
}

test("a write that waited long enough is told that the file is busy, and stores nothing", async () => {
  const { service, release, append } = await heldFile(40);
  const cause = expect.objectContaining({ code: "ERR_SQLITE_ERROR" });
  await expect(append("e0")).rejects.toMatchObject({ name: "StoreError", code: "store-busy", cause });
  // Who reads is not in the way of who writes, nor the other way round.
  expect((await service.getSession(KEY))?.events).toEqual([]);
  release();
  expect(await append("e0")).toMatchObject({ seq: 0 });
});

test("writes that wait leave the process to others, are done once the file is free, and stay in order", async () => {
  const { service, release, append } = await heldFile(60_000);
  const ids = Array.from({ length: 10 }, (_, at) => `e${at}`);
  const writes = Promise.all(ids.map(append));
  let turns = 0;
  let isDone = false;
  void writes.finally(() => {
    isDone = true;
  });
  for (; turns < 20; turns++) {
    await sleep(1);
    expect(isDone).toBe(false);
  }
  release();
  await writes;
  expect((await service.getSession(KEY))?.events.map(({ id }) => id)).toEqual(ids);
});

test("with 0 a write tries once", async () => {
  const { release, append } = await heldFile(0);
  await expect(append("e0")).rejects.toMatchObject({ code: "store-busy" });
  release();
  await append("e0");
});

test("a write that failed does not hold up the next", async () => {
  const { service, release, append } = await heldFile(10);
  const [failed, missing] = [append("e0"), service.deleteEvents({ ...KEY, sessionId: "x", eventIds: [] })];
  await expect(failed).rejects.toMatchObject({ code: "store-busy" });
  await expect(missing).rejects.toMatchObject({ code: "store-busy" });
  release();
  await append("e0");
});

test("a service that is closed finishes what was asked for, and answers nobody any more", async () => {
  const service = files.create();
  await service.createSession(KEY);
  const writes = Array.from({ length: 5 }, (_, at) =>
    service.appendEvent({ session: { ...KEY }, event: u("said", { id: `e${at}` }) }),
  );
  const closing = service.close();
  const closed = { name: "StoreError", code: "store-closed" };
  await expect(service.getSession(KEY)).rejects.toMatchObject(closed);
  await Promise.all([closing, service.close(), ...writes]);
  const lease = { name: "fold", token: 1 };
  for (const call of [
    () => service.setup(),
    () => service.purge(),
    () => service.createSession(KEY),
    () => service.getSession(KEY),
    () => service.listSessions(KEY),
    () => service.deleteSession(KEY),
    () => service.appendEvent({ session: { ...KEY }, event: u("said") }),
    () => service.deleteEvents({ ...KEY, eventIds: [] }),
    () => service.acquireLease({ ...KEY, name: "fold", ttlMs: 1 }),
    () => service.renewLease({ ...KEY, lease, ttlMs: 1 }),
    () => service.releaseLease({ ...KEY, lease }),
    () => service.readFolded(KEY),
    () => service.saveFold({ ...KEY, incarnation: "x" }),
    () => service.searchEvents({ ...KEY, words: ["said"], limit: 1 }),
    () => service.importSession({ ...KEY, state: {}, events: [], lastUpdateTime: 1 }),
  ])
    await expect(call()).rejects.toMatchObject(closed);
  const again = files.another(service);
  expect((await again.getSession(KEY))?.events).toHaveLength(5);
  await again.close();
});

test("a service that was never used is closed as well", async () => {
  await files.create().close();
});

test("a close does not fail where another keeps the log of changes from being written back", async () => {
  const service = files.create({ busyTimeoutMs: 20 });
  await service.createSession(KEY);
  const reader = new DatabaseSync(files.pathOf(service), { readOnly: true });
  onTestFinished(() => reader.close());
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM sessions").get();
  await service.appendEvent({ session: { ...KEY }, event: u("said") });
  await expect(service.purge()).rejects.toMatchObject({ code: "store-busy" });
  await service.close();
});
