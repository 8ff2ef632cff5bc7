import { setTimeout as sleep } from "node:timers/promises";
import { PostgresSessionService } from "@sessionfold/postgres";
import { expect, test, vi } from "vitest";
import { PglitePool } from "../../support/pglite.ts";
import { KEY, testServer } from "./support.ts";

const { database, open, server } = testServer();

const INDEX =
  "SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('sessionfold.events_text')";

/** A store in use whose index was never made: as `setup` leaves it that finds no extension. */
async function withoutIndex(): Promise<string> {
  const url = await database();
  const service = await open(url);
  await service.createSession(KEY);
  await service.appendEvent({ session: KEY, event: { id: "e1", message: "at noon" } });
  await server().run("DROP INDEX sessionfold.events_text", [], url);
  return url;
}

/** Waits until a statement with that text in it waits for a lock. */
async function waiting(url: string, part: string): Promise<void> {
  const text =
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1";
  while ((await server().run(text, [`%${part}%`], url)).length === 0) await sleep(10);
}

/** What no reader waits for and every change does, on all tables. */
async function lockAll(url: string): Promise<() => Promise<void>> {
  const client = await server().client(url);
  const { rows } = await client.query<{ name: string }>(
    "SELECT format('sessionfold.%I', tablename) AS name FROM pg_tables WHERE schemaname = 'sessionfold'",
  );
  expect(rows.length).toBeGreaterThan(4);
  await client.query("BEGIN");
  for (const { name } of rows) await client.query(`LOCK TABLE ${name} IN EXCLUSIVE MODE`);
  return async () => {
    await client.query("COMMIT");
    await client.end();
  };
}

test("setup of a schema that is up to date asks no table for more than a reader does", async () => {
  const url = await database();
  await open(url);
  const unlock = await lockAll(url);
  const service = new PostgresSessionService({ connectionString: url, lock_timeout: 1000 });
  await service.setup();
  await unlock();
  await service.close();
});

test("so does one without the extension", async () => {
  const url = await database();
  await server().run("CREATE ROLE reader LOGIN PASSWORD 'reader'");
  await server().run("CREATE SCHEMA sessionfold AUTHORIZATION reader", [], url);
  const reader = url.replace("postgres:password@", "reader:reader@");
  const warn = vi.fn();
  await open(reader, { logger: { warn } });
  const unlock = await lockAll(url);
  const service = new PostgresSessionService({
    connectionString: reader,
    lock_timeout: 1000,
    logger: { warn },
  });
  await service.setup();
  expect(warn).toHaveBeenCalledTimes(2);
  await unlock();
  await service.close();
});

test("an index that is made later waits for who writes, and nobody who writes waits for it", async () => {
  const url = await withoutIndex();
  const writer = await server().client(url);
  await writer.query("BEGIN");
  await writer.query("UPDATE sessionfold.events SET tokens = 1");
  const service = new PostgresSessionService({ connectionString: url });
  const setup = service.setup();
  await waiting(url, "CREATE INDEX");
  const appending = new PostgresSessionService({ connectionString: url, lock_timeout: 1000 });
  await appending.createSession({ ...KEY, sessionId: "s2" });
  const event = { id: "e2", message: "at one" };
  expect((await appending.appendEvent({ session: { ...KEY, sessionId: "s2" }, event })).seq).toBe(0);
  await writer.query("COMMIT");
  await setup;
  expect(await server().run(INDEX, [], url)).toEqual([{ valid: true }]);
  await Promise.all([service.close(), appending.close(), writer.end()]);
});

test("while one process builds it, others do not wait, and say so", async () => {
  const url = await withoutIndex();
  const writer = await server().client(url);
  await writer.query("BEGIN");
  await writer.query("UPDATE sessionfold.events SET tokens = 1");
  const building = new PostgresSessionService({ connectionString: url });
  const setup = building.setup();
  await waiting(url, "CREATE INDEX");
  const warn = vi.fn();
  const other = await open(url, { logger: { warn } });
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("another process builds"));
  expect(await other.searchEvents({ ...KEY, words: ["noon"], limit: 5 })).toHaveLength(1);
  await writer.query("COMMIT");
  await setup;
  await open(url, { logger: { warn } });
  expect(warn).toHaveBeenCalledOnce();
  expect(await server().run("SELECT FROM pg_locks WHERE locktype = 'advisory'", [], url)).toEqual([]);
  await Promise.all([building.close(), writer.end()]);
});

test("a build that is cut off is told in a warning, and what it left is thrown away by the next one", async () => {
  const url = await withoutIndex();
  const writer = await server().client(url);
  await writer.query("BEGIN");
  await writer.query("UPDATE sessionfold.events SET tokens = 1");
  const warn = vi.fn();
  await open(url, { statement_timeout: 2000, logger: { warn } });
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("SQLSTATE 57014"));
  expect(await server().run(INDEX, [], url)).toEqual([{ valid: false }]);
  await writer.query("COMMIT");
  await writer.end();
  await open(url, { logger: { warn } });
  expect(warn).toHaveBeenCalledOnce();
  expect(await server().run(INDEX, [], url)).toEqual([{ valid: true }]);
});

test("many at once make it once, wherever the extension is", async () => {
  const url = await withoutIndex();
  await server().run('CREATE SCHEMA "Of $1"', [], url);
  await server().run('ALTER EXTENSION pg_trgm SET SCHEMA "Of $1"', [], url);
  await Promise.all(Array.from({ length: 6 }, () => open(url, { logger: { warn: () => undefined } })));
  expect(await server().run(INDEX, [], url)).toEqual([{ valid: true }]);
});

test("in PostgreSQL as a module of this process it is made later as well", async () => {
  const pool = await PglitePool.open();
  const warn = vi.fn();
  const service = new PostgresSessionService({ pool, logger: { warn } });
  await service.setup();
  const client = await pool.connect();
  await client.query("DROP INDEX sessionfold.events_text");
  client.release();
  await service.setup();
  const again = await pool.connect();
  expect((await again.query(INDEX)).rows).toEqual([{ valid: true }]);
  again.release();
  expect(warn).not.toHaveBeenCalled();
  await service.close();
  await pool.close();
});
