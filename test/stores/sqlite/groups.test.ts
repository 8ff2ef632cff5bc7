import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { Connection } from "../../../packages/sqlite/src/connection.ts";
import { WriteGroup } from "../../../packages/sqlite/src/write-group.ts";
import { u } from "../../support/events.ts";
import { OpenedFiles } from "./opened-files.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

const KEY = { appName: "app", userId: "user", sessionId: "s" };

test("of writes that share a commit, one that is refused leaves the others as they are", async () => {
  const service = files.create();
  await service.createSession(KEY);
  const append = (id: string, lastSeq?: number) =>
    service.appendEvent({
      session: { ...KEY },
      event: { ...u(id, { id }), actions: { stateDelta: { [id]: true, "user:last": id } } },
      condition: lastSeq === undefined ? undefined : { lastSeq },
    });
  const told = await Promise.allSettled([
    append("e0"),
    append("refused", 7),
    append("e1", 0),
    service.createSession(KEY),
    service.appendEvent({ session: { ...KEY, sessionId: "missing" }, event: u("to nobody") }),
    append("e2", 1),
  ]);
  expect(
    told.map((each) => (each.status === "fulfilled" ? "stored" : (each.reason as { code: string }).code)),
  ).toEqual(["stored", "append-conflict", "stored", "session-exists", "session-not-found", "stored"]);
  const session = await service.getSession(KEY);
  expect(session?.events.map(({ id, seq }) => [id, seq])).toEqual([
    ["e0", 0],
    ["e1", 1],
    ["e2", 2],
  ]);
  expect(session?.state).toEqual({ e0: true, e1: true, e2: true, "user:last": "e2" });
  await service.close();
});

test("writes asked for together reach the disk by one commit", async () => {
  const service = files.create();
  await service.createSession(KEY);
  const watcher = new DatabaseSync(files.pathOf(service), { readOnly: true });
  // Changes once for each commit of another connection.
  const commits = () =>
    Number((watcher.prepare("PRAGMA data_version").get() as { data_version: number }).data_version);
  const before = commits();
  await Promise.all(
    Array.from({ length: 50 }, (_, at) =>
      service.appendEvent({ session: { ...KEY }, event: u(`${at}`, { id: `e${at}` }) }),
    ),
  );
  expect(commits()).toBe(before + 1);
  const events = (await service.getSession(KEY))?.events ?? [];
  expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, at) => `e${at}`));
  watcher.close();
  await service.close();
});

test("of many writes asked for together no more share a commit than keep others from the process for a moment", async () => {
  const service = files.create();
  await service.createSession(KEY);
  const watcher = new DatabaseSync(files.pathOf(service), { readOnly: true });
  const commits = () =>
    Number((watcher.prepare("PRAGMA data_version").get() as { data_version: number }).data_version);
  let seen = commits();
  const together: number[] = [];
  let since = 0;
  await Promise.all(
    Array.from({ length: 600 }, async (_, at) => {
      const { seq } = await service.appendEvent({ session: { ...KEY }, event: u(`${at}`, { id: `e${at}` }) });
      expect(seq).toBe(at);
      since++;
      const now = commits();
      if (now !== seen) {
        seen = now;
        together.push(since);
        since = 0;
      }
    }),
  );
  // Told at the first of a group that it was committed, so that the others of it count for the next.
  expect(together).toEqual([1, 256, 256]);
  watcher.close();
  await service.close();
});

test("one that finds the file busy waits on, and those behind it, after an error has parted the group", async () => {
  const service = files.create();
  await service.createSession(KEY);
  const holder = new DatabaseSync(files.pathOf(service));
  onTestFinished(() => holder.close());
  const append = (id: string) => service.appendEvent({ session: { ...KEY }, event: u(id, { id }) });
  const { transaction } = Connection.prototype;
  let times = 0;
  const spy = vi.spyOn(Connection.prototype, "transaction").mockImplementation(function (
    this: Connection,
    kind,
    task,
  ) {
    times++;
    // All together; then e0 and e1, each alone; then another is faster.
    if (times === 4) holder.exec("BEGIN IMMEDIATE");
    return transaction.call(this, kind, task) as ReturnType<typeof task>;
  });
  onTestFinished(() => spy.mockRestore());
  const full = Object.assign(new Error("full"), { code: "ERR_SQLITE_ERROR", errcode: 13 });
  const { savepoint } = Connection.prototype;
  let writes = 0;
  vi.spyOn(Connection.prototype, "savepoint").mockImplementation(function (this: Connection, task) {
    if (++writes === 2) throw full;
    return savepoint.call(this, task) as ReturnType<typeof task>;
  });
  const told = ["e0", "e1", "e2", "e3"].map(append);
  await told[1];
  await sleep(50);
  expect(times).toBeGreaterThan(4);
  holder.exec("ROLLBACK");
  expect((await Promise.all(told)).map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
  vi.restoreAllMocks();
  await service.close();
});

test("a number in the file that is too large for one fails what needs it, in our words, and no other write of its commit", async () => {
  const service = files.create();
  const damaged = { ...KEY, sessionId: "damaged" };
  for (const key of [KEY, damaged]) await service.createSession(key);
  const database = new DatabaseSync(files.pathOf(service));
  database.exec("UPDATE sessions SET next_seq = 9007199254740993 WHERE session_id = 'damaged'");
  const commits = () =>
    Number((database.prepare("PRAGMA data_version").get() as { data_version: number }).data_version);
  const before = commits();
  const append = (key: typeof KEY, id: string) =>
    service.appendEvent({ session: { ...key }, event: u(id, { id }) });
  const told = await Promise.allSettled([append(KEY, "e0"), append(damaged, "e1"), append(KEY, "e2")]);
  expect(told).toMatchObject([
    { value: { seq: 0 } },
    {
      reason: {
        code: "stored-data",
        message: "A stored number is larger than any that was written",
      },
    },
    { value: { seq: 1 } },
  ]);
  expect(commits()).toBe(before + 1);
  await expect(append(damaged, "e3")).rejects.toMatchObject({ code: "stored-data" });
  await expect(service.getSession(damaged)).rejects.toMatchObject({ code: "stored-data" });
  database.close();
  await service.close();
});

test("where one of them finds the file full, the others are stored", async () => {
  const connection = new Connection(files.path(), "full");
  const { pages } = connection.get<{ pages: number }>(
    "SELECT page_count AS pages FROM pragma_page_count",
  ) ?? { pages: 0 };
  connection.execute("CREATE TABLE filler (body TEXT)");
  connection.execute(`PRAGMA max_page_count = ${pages + 10}`);
  const group = new WriteGroup();
  const write = (body: string) =>
    group.add((at) => at.run("INSERT INTO filler VALUES (:body)", { body }), Number.POSITIVE_INFINITY);
  const told = Promise.allSettled([write("small"), write("large".repeat(1_000_000)), write("small too")]);
  group.commit(connection);
  expect((await told).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect((await told)[1]).toMatchObject({ reason: { code: "store-full" } });
  expect(connection.all("SELECT body FROM filler")).toEqual([{ body: "small" }, { body: "small too" }]);
  connection.close();
});

test("writes that joined later wait on when the first has waited long enough", async () => {
  const service = files.create({ busyTimeoutMs: 300 });
  await service.createSession(KEY);
  const holder = new DatabaseSync(files.pathOf(service));
  holder.exec("BEGIN IMMEDIATE");
  const append = (id: string) => service.appendEvent({ session: { ...KEY }, event: u(id, { id }) });
  const first = append("e0");
  // It has its turn now, so that the second gathers the next group, and the third joins that one late.
  await sleep(50);
  const second = append("e1");
  const failed = second.then(
    () => "stored",
    () => "busy",
  );
  await expect(first).rejects.toMatchObject({ code: "store-busy" });
  const third = append("e2");
  expect(await failed).toBe("busy");
  holder.exec("ROLLBACK");
  holder.close();
  expect((await third).seq).toBe(0);
  await service.close();
});
