import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { HumanMessage } from "@langchain/core/messages";
import { InMemorySessionService } from "@sessionfold/core";
import { SqliteSessionService, type SqliteSessionServiceOptions } from "@sessionfold/sqlite";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { Connection } from "../../../packages/sqlite/src/connection.ts";
import { storeError } from "../../../packages/sqlite/src/store-errors.ts";
import { u } from "../../support/events.ts";
import { OpenedFiles } from "./opened-files.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

const KEY = { appName: "app", userId: "user", sessionId: "s" };

test.each<[string, unknown, unknown, string]>([
  ["no file", undefined, {}, 'Expected `file` to be a path, a file: URL or ":memory:", got undefined'],
  [
    "an empty one",
    "",
    {},
    'Expected `file` to be a path, a file: URL or ":memory:", got a string of 0 characters',
  ],
  [
    "a far one",
    new URL("https://x.example/s.db"),
    {},
    'Expected `file` to be a path, a file: URL or ":memory:", got a URL of another kind',
  ],
  ["an unknown option", "x.db", { wal: true }, "Unknown option `wal`"],
  [
    "a time that is none",
    "x.db",
    { busyTimeoutMs: -1 },
    "Expected `busyTimeoutMs` to be milliseconds >= 0, got -1",
  ],
  ["a clock that is none", "x.db", { clock: 5 }, "Expected `clock` to be a function, got 5"],
  [
    "a durability that is none",
    "x.db",
    { durability: "off" },
    'Expected `durability` to be "full" or "normal", got "off"',
  ],
])("refuses %s at construction", (_, file, options, message) => {
  const make = () => new SqliteSessionService(file as string, options as SqliteSessionServiceOptions);
  expect(make).toThrow(expect.objectContaining({ name: "ConfigurationError", message }));
});

test("takes a file: URL, and an explicit undefined for the default", async () => {
  const path = files.path();
  const service = new SqliteSessionService(pathToFileURL(path), {
    clock: undefined,
    busyTimeoutMs: undefined,
    durability: undefined,
  });
  await service.createSession(KEY);
  await service.close();
  expect(await files.at(path).getSession(KEY)).toMatchObject(KEY);
});

test("a file that is no database, and one that cannot be opened, are told in our words and left as they are", async () => {
  const noDatabase = files.path();
  writeFileSync(noDatabase, "a letter to a friend, which is longer than the head of a database ".repeat(20));
  const folder = files.path();
  mkdirSync(folder);
  const cannotBeOpened =
    "The database file cannot be opened: is its folder there, and may this process read and write in it?";
  for (const [path, message] of [
    [noDatabase, "The file is no SQLite database"],
    [folder, cannotBeOpened],
    [`${folder}/missing/s.db`, cannotBeOpened],
  ] as const) {
    const service = files.at(path);
    const error: unknown = await service
      .appendEvent({ session: { ...KEY }, event: u("a secret") })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: "StoreError",
      code: "store-unavailable",
      message,
      cause: { code: "ERR_SQLITE_ERROR" },
    });
    await service.close();
  }
});

test("a time that cannot be stored is told in our words, and nothing is stored", async () => {
  let now: unknown = 1;
  const service = files.create({ clock: () => now as number });
  await service.createSession(KEY);
  now = {};
  await expect(
    service.appendEvent({ session: { ...KEY }, event: u("said", { timestamp: 1 }) }),
  ).rejects.toMatchObject({
    code: "store-unavailable",
    message: "The database cannot be used (ERR_INVALID_ARG_TYPE)",
  });
  expect((await service.getSession(KEY))?.events).toEqual([]);
  await service.close();
});

test("an event that JSON cannot hold is refused without a word of it", async () => {
  const service = files.create();
  await service.createSession(KEY);
  const aSecret: Record<string, unknown> = {};
  aSecret.aSecret = aSecret;
  const error: unknown = await service
    .appendEvent({
      session: { ...KEY },
      event: { author: "user", message: new HumanMessage({ content: "said", additional_kwargs: aSecret }) },
    })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "InvalidEventError" });
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("aSecret");
  await service.close();
});

test.each([
  undefined,
  null,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -5,
  0.5,
  1,
  2 ** 60,
])("behind %s there is what there is in memory", async (afterSeq) => {
  const answers = [];
  for (const service of [files.create(), new InMemorySessionService()]) {
    await service.createSession(KEY);
    for (const id of ["e0", "e1", "e2"])
      await service.appendEvent({ session: { ...KEY }, event: u(id, { id }) });
    const answer = service.getSession({ ...KEY, afterSeq: afterSeq as number }).then(
      (session) => session?.events.map(({ id }) => id),
      (error: unknown) => String(error),
    );
    answers.push(await answer);
  }
  expect(answers[0]).toEqual(answers[1]);
});

test.each([
  ["events", "CREATE TABLE events (name TEXT)"],
  ["a schema_version", "CREATE TABLE schema_version (version INTEGER); CREATE TABLE events (name TEXT)"],
  ["a view", "CREATE VIEW one AS SELECT 1"],
])("a database of something else, with %s, is refused and left as it is", async (_, sql) => {
  const path = files.path();
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  const before = readFileSync(path);
  const service = files.at(path);
  await expect(service.createSession(KEY)).rejects.toMatchObject({
    code: "stored-data",
    message: "Expected a new file or one of @sessionfold/sqlite, got a database of something else",
  });
  await service.close();
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("a file that may only be read is told as such", async () => {
  const connection = new Connection(files.path(), "normal");
  connection.execute("PRAGMA query_only = ON");
  let error: unknown;
  try {
    connection.run("DELETE FROM sessions");
  } catch (thrown) {
    error = storeError(thrown);
  }
  expect(error).toMatchObject({
    code: "store-unavailable",
    message:
      "The database cannot be written to: is its file still in place, and may this process write to it?",
  });
  connection.close();
});

test("a Node whose SQLite has no full-text search is refused, and no file is left half made", async () => {
  const service = files.create();
  // What the list of modules says there.
  vi.spyOn(Connection.prototype, "get").mockReturnValueOnce(undefined);
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  await expect(service.setup()).rejects.toMatchObject({ code: "unsupported", message: /Node 22\.16/ });
  await service.setup();
  await service.close();
});

test("a service goes on when what was missing is there", async () => {
  const folder = files.path();
  const service = files.at(`${folder}/s.db`);
  await expect(service.setup()).rejects.toMatchObject({ code: "store-unavailable" });
  mkdirSync(folder);
  await service.createSession(KEY);
  await service.close();
});

test("a transaction on a full disk is undone as a whole, and the connection is of use again", () => {
  const connection = new Connection(files.path(), "full");
  const { pages } = connection.get<{ pages: number }>(
    "SELECT page_count AS pages FROM pragma_page_count",
  ) ?? { pages: 0 };
  connection.execute(`PRAGMA max_page_count = ${pages + 20}; CREATE TABLE filler (body TEXT)`);
  const fill = (length: number) =>
    connection.transaction("write", () => {
      connection.run("INSERT INTO filler VALUES ('small')");
      connection.run("INSERT INTO filler VALUES (:body)", { body: "x".repeat(length) });
    });
  let error: unknown;
  try {
    fill(1_000_000);
  } catch (thrown) {
    error = thrown;
  }
  expect(storeError(error)).toMatchObject({ name: "StoreError", code: "store-full", cause: error });
  expect(connection.isBroken).toBe(false);
  fill(10);
  expect(connection.all("SELECT body FROM filler")).toHaveLength(2);
  connection.close();
});

test("an error that is not the engine's stays what it is, and what was written before it is undone", () => {
  const connection = new Connection(":memory:", "normal");
  connection.execute("CREATE TABLE filler (body TEXT)");
  const wrong = new TypeError("wrong");
  const fail = () =>
    connection.transaction("write", () => {
      connection.run("INSERT INTO filler VALUES ('small')");
      throw wrong;
    });
  expect(fail).toThrow(wrong);
  expect(storeError(wrong)).toBe(wrong);
  expect(connection.all("SELECT body FROM filler")).toEqual([]);
  connection.close();
});
