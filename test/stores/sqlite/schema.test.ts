import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { Connection } from "../../../packages/sqlite/src/connection.ts";
import { MIGRATIONS, migrate } from "../../../packages/sqlite/src/migrations.ts";
import { u } from "../../support/events.ts";
import { runProcess } from "../../support/own-process.ts";
import { OpenedFiles } from "./opened-files.ts";
import { snapshotAt } from "./snapshots.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

const KEY = { appName: "app", userId: "user", sessionId: "s" };
const HERE = import.meta.dirname;

/** The schema as SQLite tells it, without the tables that FTS5 and SQLite make for themselves. */
function schemaOf(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database
    .prepare(
      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT GLOB 'event_text_*' AND name NOT GLOB 'sqlite_*' ORDER BY type DESC, name",
    )
    .all() as unknown as { sql: string }[];
  database.close();
  return `${rows.map(({ sql }) => sql).join(";\n\n")};\n`;
}

test("the schema is the one that schema.sql tells", async () => {
  const service = files.create();
  await service.setup();
  await service.close();
  // Whoever changes it adds a migration; what has been released stays as it is.
  expect(schemaOf(files.pathOf(service))).toBe(readFileSync(join(HERE, "schema.sql"), "utf8"));
});

test("a database of version 1 is opened, read, searched and written to", async () => {
  const path = files.path();
  copyFileSync(join(HERE, "version-1.db"), path);
  const service = files.at(path);
  const session = await service.getSession(KEY);
  expect(session).toMatchObject({
    state: { own: 1, "user:name": "Ada", "app:plan": "free" },
    lastUpdateTime: 4,
  });
  expect(session?.events.map(({ id, seq, author, message }) => [id, seq, author, message?.text])).toEqual([
    ["e0", 0, "user", "Where is my parcel?"],
    ["e1", 1, "agent", "On its way.\0\ud83d"],
  ]);
  expect(await service.readFolded({ ...KEY, counter: "letters" })).toMatchObject({
    tokenCounts: new Map([["e1", 7]]),
  });
  expect(await service.searchEvents({ ...KEY, words: ["parcel"], limit: 5 })).toMatchObject([{ id: "e0" }]);
  expect(await service.acquireLease({ ...KEY, name: "fold", ttlMs: 1 })).toEqual({ name: "fold", token: 2 });
  expect(await service.appendEvent({ session: { ...KEY }, event: u("And now?") })).toMatchObject({ seq: 2 });
  const { incarnation = "" } = session ?? {};
  expect(incarnation).toBe("one of old");
  await service.saveFold({ ...KEY, incarnation, snapshot: snapshotAt(1, []) });
  expect((await service.readFolded(KEY))?.events).toHaveLength(1);
  await service.close();
  const database = new DatabaseSync(path, { readOnly: true });
  expect(database.prepare("SELECT version FROM schema_version").all()).toMatchObject(
    MIGRATIONS.map((_, at) => ({ version: at + 1 })),
  );
  database.close();
});

test("a database of a newer version is refused, and left as it is", async () => {
  const service = files.create();
  await service.createSession(KEY);
  await service.close();
  const path = files.pathOf(service);
  const database = new DatabaseSync(path);
  database.exec("INSERT INTO schema_version VALUES (99)");
  database.close();
  const before = readFileSync(path);
  const again = files.at(path);
  await expect(again.getSession(KEY)).rejects.toMatchObject({
    code: "stored-data",
    message: `Expected a database of version ${MIGRATIONS.length} or older, got version 99: it was written by a newer @sessionfold/sqlite`,
  });
  await again.close();
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("an event in a form that is not known is refused, and nothing is lost", async () => {
  const service = files.create();
  await service.createSession(KEY);
  await service.appendEvent({ session: { ...KEY }, event: u("said", { id: "e0" }) });
  const database = new DatabaseSync(files.pathOf(service));
  database.exec("UPDATE events SET format = 99");
  await expect(service.getSession(KEY)).rejects.toMatchObject({ code: "stored-data", message: /got 99/ });
  await expect(service.readFolded(KEY)).rejects.toMatchObject({ code: "stored-data" });
  database.exec("UPDATE events SET format = 1");
  database.close();
  expect((await service.getSession(KEY))?.events).toHaveLength(1);
  await service.close();
});

test("a row that is damaged is told without its text", async () => {
  const service = files.create();
  await service.createSession({ ...KEY, state: { a: 1 } });
  await service.appendEvent({ session: { ...KEY }, event: u("said", { id: "e0" }) });
  const database = new DatabaseSync(files.pathOf(service));
  database.exec("UPDATE events SET body = 'a secret'");
  const error: unknown = await service.getSession(KEY).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "stored-data",
    message: "The stored event at position 0 cannot be read (SyntaxError)",
  });
  database.exec("DELETE FROM events; UPDATE state SET value = 'a secret'");
  database.close();
  await expect(service.getSession(KEY)).rejects.toMatchObject({
    code: "stored-data",
    message: "A stored entry of state cannot be read",
  });
  await service.close();
});

test("what another process has brought up to date between two looks is left as it is", () => {
  const path = files.path();
  const database = new DatabaseSync(path);
  let isFirst = true;
  const slow: Pick<Connection, "get" | "run" | "execute" | "transaction"> = {
    get: <T>(sql: string) => database.prepare(sql).get() as T | undefined,
    run: (sql, parameters = {}) => Number(database.prepare(sql).run(parameters).changes),
    execute: (sql) => database.exec(sql),
    transaction: (_, task) => {
      if (isFirst) new Connection(path, "normal").close();
      isFirst = false;
      return task(slow as Connection);
    },
  };
  migrate(slow as Connection);
  expect(isFirst).toBe(false);
  expect(database.prepare("SELECT version FROM schema_version").all()).toHaveLength(MIGRATIONS.length);
  database.close();
});

test("processes that open a new file at once make one schema", async () => {
  const path = files.path();
  const ends = await Promise.all(
    Array.from({ length: 4 }, (_, at) =>
      runProcess(`
        import { SqliteSessionService } from "@sessionfold/sqlite";
        const service = new SqliteSessionService(new URL(${JSON.stringify(pathToFileURL(path).href)}));
        await service.createSession({ appName: "app", userId: "user", sessionId: "s${at}" });
        await service.close();
      `),
    ),
  );
  expect(ends.map(({ exitCode, errors }) => [exitCode, errors])).toEqual(ends.map(() => [0, ""]));
  const { sessions } = await files.at(path).listSessions(KEY);
  expect(sessions.map(({ sessionId }) => sessionId).sort()).toEqual(["s0", "s1", "s2", "s3"]);
});
