import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { approximateCounter, withSummaries } from "@sessionfold/core";
import { SqliteSessionService } from "@sessionfold/sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkLog, checkWindow } from "../crash/support/check-log.ts";
import { readingSummarizer } from "../crash/support/reading-summarizer.ts";
import { a, u } from "../support/events.ts";
import { KEY } from "./support/race.ts";
import { mayMount, type SmallDisk, smallFiles, smallTmpfs } from "./support/small-disk.ts";

const MOST_TURNS = 5_000;
const said = (id: string, author: "user" | "agent") =>
  (author === "user" ? u : a)(`${id} ${"x".repeat(1500)}`, { id });

function openDisk(make: () => SmallDisk): {
  disk: SmallDisk;
  file: string;
  open: () => SqliteSessionService;
} {
  const disk = make();
  const services: SqliteSessionService[] = [];
  onTestFinished(() => disk.remove());
  onTestFinished(async () => {
    disk.free();
    for (const service of services) await service.close();
  });
  const file = join(disk.folder, "sessions.db");
  return {
    disk,
    file,
    open: () => {
      const service = new SqliteSessionService(file);
      services.push(service);
      return service;
    },
  };
}

/** Where no small file system may be mounted, SQLite's own limit takes its place, and the title says so. */
const disks: readonly (readonly [string, () => SmallDisk])[] = [
  mayMount()
    ? ["a file system that is full", smallTmpfs]
    : ["a file system that is full (none may be mounted here: a database that may not grow)", smallFiles],
  ["a database that may not grow", smallFiles],
];

describe.each(disks)("%s", (_, make) => {
  test("refuses appends and summaries as store-full, loses nothing, and takes them once there is room", async () => {
    const { disk, file, open } = openDisk(make);
    const store = open();
    const options = {
      mode: "inline",
      summarizer: readingSummarizer(async () => undefined),
      keep: { turns: 1 },
      tokenCounter: approximateCounter(),
      logger: { warn: () => undefined },
    } as const;
    const sessions = withSummaries(store, { ...options, trigger: () => false });
    await sessions.createSession({ ...KEY, state: { "app:made": true } });
    const acknowledged: string[] = [];
    let full: unknown;
    for (let at = 0; full === undefined; at++) {
      expect(at).toBeLessThan(MOST_TURNS);
      const event = said(`e${at}`, at % 2 === 0 ? "user" : "agent");
      const state = { actions: { stateDelta: { at } } };
      try {
        await sessions.appendEvent({ session: KEY, event: { ...event, ...state } });
        acknowledged.push(`e${at}`);
      } catch (error) {
        full = error;
      }
    }
    expect(full).toMatchObject({ name: "StoreError", code: "store-full" });
    expect(String(full)).not.toContain("xxx");
    expect(acknowledged.length).toBeGreaterThan(10);
    const ids = async (service: SqliteSessionService): Promise<readonly string[]> =>
      ((await service.getSession(KEY))?.events ?? []).map(({ id }) => id);

    // All that is there can be read, and still be refused to grow.
    expect(await ids(store)).toEqual(acknowledged);
    expect((await store.getSession(KEY))?.state).toEqual({ "app:made": true, at: acknowledged.length - 1 });
    const big = said(`big ${"y".repeat(100_000)}`, "user");
    const refused = { name: "StoreError", code: "store-full" };
    const atOnce = [0, 1, 2].map((at) =>
      store.appendEvent({ session: KEY, event: { ...big, id: `b${at}` } }),
    );
    for (const { status } of await Promise.allSettled(atOnce)) expect(status).toBe("rejected");
    await expect(sessions.appendEvent({ session: KEY, event: big })).rejects.toMatchObject(refused);
    await expect(store.createSession({ ...KEY, sessionId: "z".repeat(200_000) })).rejects.toMatchObject(
      refused,
    );
    expect(await ids(store)).toEqual(acknowledged);
    await sessions.getSession(KEY);

    disk.free();
    const event = said(`e${acknowledged.length}`, acknowledged.length % 2 === 0 ? "user" : "agent");
    await sessions.appendEvent({ session: KEY, event });
    expect((await sessions.summarize(KEY, { force: true })).kind).toBe("summarized");
    const other = open();
    const log = (await other.getSession(KEY))?.events ?? [];
    expect(log.map(({ id }) => id).slice(0, -1)).toEqual([...acknowledged, event.id]);
    checkLog(log, new Set());
    checkWindow(log, (await withSummaries(other, options).getSession(KEY))?.events ?? []);
    const database = new DatabaseSync(file);
    onTestFinished(() => database.close());
    expect(database.prepare("PRAGMA integrity_check").get()).toMatchObject({ integrity_check: "ok" });
  });

  test("leaves a fold undone that has no room, and closes; what was acknowledged is there when it is opened again", async () => {
    const { disk, file, open } = openDisk(make);
    const store = new SqliteSessionService(file);
    await store.createSession(KEY);
    const acknowledged: string[] = [];
    const fill = async (): Promise<void> => {
      for (let at = 0; at < MOST_TURNS; at++) {
        const event = said(`e${at}`, at % 2 === 0 ? "user" : "agent");
        await store.appendEvent({ session: KEY, event });
        acknowledged.push(`e${at}`);
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: "store-full" });
    const outcome = await withSummaries(store, {
      mode: "manual",
      summarizer: {
        name: "long",
        model: "stub-model",
        summarize: async ({ events }) => ({ text: "z".repeat(1000 * events.length) }),
      },
      keep: { turns: 1 },
      tokenCounter: approximateCounter(),
      logger: { warn: () => undefined },
    }).summarize(KEY, { force: true });
    expect(outcome).toMatchObject({ kind: "failed", error: { code: "commit-failed" } });
    // What is in SQLite's log of changes may find no place in the file itself. It is safe where it is, and the caller is told.
    await store.close().catch((error: unknown) => expect(error).toMatchObject({ code: "store-full" }));
    disk.free();
    const log = (await open().getSession(KEY))?.events ?? [];
    expect(log.map(({ id }) => id)).toEqual(acknowledged);
  });

  test("is told as full as well where not even an open file has room, and the file opens once there is some", async () => {
    const { disk, open } = openDisk(make);
    const first = open();
    await first.createSession(KEY);
    await first.appendEvent({ session: KEY, event: said("e0", "user") });
    await first.close();
    disk.fill();
    // SQLite's own limit leaves room for what is needed to read.
    const log = open().getSession(KEY);
    if (disk.kind === "tmpfs") await expect(log).rejects.toMatchObject({ code: "store-full" });
    else expect((await log)?.events).toHaveLength(1);
    disk.free();
    expect((await open().getSession(KEY))?.events).toHaveLength(1);
  });
});
