import { ConfigurationError, StoredDataError, StoreError } from "@sessionfold/core";
import { PostgresSessionService, type PostgresSessionServiceOptions } from "@sessionfold/postgres";
import { expect, test, vi } from "vitest";
import { PglitePool } from "../../support/pglite.ts";
import { KEY, testServer } from "./support.ts";

const { database, open, server } = testServer();

test("before setup every call is refused with what to do; after it, whoever called it, none is", async () => {
  const url = await database();
  const service = new PostgresSessionService({ connectionString: url });
  for (const call of [
    () => service.createSession(KEY),
    () => service.getSession(KEY),
    () => service.listSessions(KEY),
    () => service.appendEvent({ session: KEY, event: { message: "x" } }),
    () => service.readFolded(KEY),
  ]) {
    const refused = call();
    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.toThrow("call `setup()` once");
  }
  await open(url);
  expect((await service.createSession(KEY)).sessionId).toBe("s1");
  await service.close();
});

test("eight at once set one database up, again and again, and all can work", async () => {
  const url = await database();
  const services = await Promise.all(Array.from({ length: 8 }, () => open(url)));
  await Promise.all(services.map((service) => service.setup()));
  await Promise.all(services.map((service, at) => service.createSession({ ...KEY, sessionId: `s${at}` })));
  expect((await services[0]?.listSessions(KEY))?.sessions).toHaveLength(8);
  expect(await server().run("SELECT version FROM sessionfold.migrations", [], url)).toEqual([{ version: 1 }]);
});

test("a schema of a newer version is refused and left as it is", async () => {
  const url = await database();
  await open(url);
  await server().run("INSERT INTO sessionfold.migrations (version) VALUES (99)", [], url);
  const service = new PostgresSessionService({ connectionString: url });
  await expect(service.setup()).rejects.toThrow(StoredDataError);
  await expect(service.getSession(KEY)).rejects.toThrow("a newer version of @sessionfold/postgres");
  await service.close();
});

test("a schema of another name is another store", async () => {
  const url = await database();
  const one = await open(url, { schema: "Some_$1" });
  const other = await open(url);
  await one.createSession(KEY);
  expect(await other.getSession(KEY)).toBeNull();
  expect(await one.acquireLease({ ...KEY, name: "fold", ttlMs: 1000 })).not.toBeNull();
});

test("who may make neither extensions nor schemas works in a schema that is there, is warned once, and finds by words", async () => {
  const url = await database();
  await server().run("CREATE ROLE clerk LOGIN PASSWORD 'clerk'");
  await server().run("CREATE SCHEMA sessionfold AUTHORIZATION clerk", [], url);
  await server().run("REVOKE ALL ON SCHEMA public FROM PUBLIC", [], url);
  const warn = vi.fn();
  const clerk = url.replace("postgres:password@", "clerk:clerk@");
  const service = await open(clerk, { logger: { warn } });
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("pg_trgm"));
  await service.createSession(KEY);
  await service.appendEvent({ session: KEY, event: { id: "e1", message: "Zürich at noon" } });
  expect(await service.searchEvents({ ...KEY, words: ["zürich"], limit: 5 })).toHaveLength(1);
  expect(await indexes(url)).not.toContain("events_text");
  await server().run("CREATE EXTENSION pg_trgm WITH SCHEMA public", [], url);
  await server().run("GRANT USAGE ON SCHEMA public TO clerk", [], url);
  await service.setup();
  expect(await indexes(url)).toContain("events_text");
  expect(warn).toHaveBeenCalledOnce();
});

test("a database without the extension works and warns", async () => {
  const pool = await PglitePool.open({ trigrams: false });
  const warn = vi.fn();
  const service = new PostgresSessionService({ pool, logger: { warn } });
  await service.setup();
  expect(warn).toHaveBeenCalledOnce();
  await service.createSession(KEY);
  await service.appendEvent({ session: KEY, event: { id: "e1", message: "at noon" } });
  expect(await service.searchEvents({ ...KEY, words: ["noon"], limit: 5 })).toHaveLength(1);
  await service.close();
  await pool.close();
});

test("a database that cannot hold every text is refused", async () => {
  await server().run(
    "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0",
  );
  const service = new PostgresSessionService({ connectionString: server().url("latin") });
  await expect(service.setup()).rejects.toThrow(
    "Expected the encoding of the database to be UTF8, got LATIN1",
  );
  await service.close();
});

test.each<[PostgresSessionServiceOptions, string]>([
  [{ schema: 'a"; DROP SCHEMA x' }, "Expected `schema` to be a name of letters"],
  [{ schema: "" }, "Expected `schema` to be a name of letters"],
  [{ reconnectMs: -1 }, "Expected `reconnectMs` to be milliseconds, 0 or more, got -1"],
  [{ logger: {} as Console }, "Expected `logger` to be an object with the function warn"],
  [{ pool: {} } as unknown as PostgresSessionServiceOptions, "Expected `pool` to be a pool of connections"],
  [{ conectionString: "x" } as PostgresSessionServiceOptions, "Unknown option `conectionString`"],
  [
    { pool: { connect: () => new Promise(() => undefined) }, max: 3 } as PostgresSessionServiceOptions,
    "Expected `max` to be absent where `pool` is given",
  ],
])("options that are not what they must be are refused: %j", (options, message) => {
  expect(() => new PostgresSessionService(options)).toThrow(ConfigurationError);
  expect(() => new PostgresSessionService(options)).toThrow(message);
});

test("after close calls are refused; the service ends its own pool, waits for what runs, and leaves one passed in open", async () => {
  const url = await database();
  const pool = server().pool(url);
  const service = await open(url, { pool });
  const running = service.createSession(KEY);
  await service.close();
  await service.close();
  expect((await running).sessionId).toBe("s1");
  await expect(service.getSession(KEY)).rejects.toThrow(StoreError);
  await expect(service.getSession(KEY)).rejects.toMatchObject({ code: "store-closed" });
  expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  const own = await open(url);
  await own.close();
  await expect(own.getSession(KEY)).rejects.toMatchObject({ code: "store-closed" });
});

async function indexes(url: string): Promise<unknown[]> {
  const rows = await server().run(
    "SELECT indexname FROM pg_indexes WHERE schemaname = 'sessionfold'",
    [],
    url,
  );
  return rows.map(({ indexname }) => indexname);
}
