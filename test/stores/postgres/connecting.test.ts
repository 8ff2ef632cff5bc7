import { inspect } from "node:util";
import { ConfigurationError, StoreError } from "@sessionfold/core";
import { PostgresSessionService } from "@sessionfold/postgres";
import pg from "pg";
import { expect, test } from "vitest";
import { KEY, testServer } from "./support.ts";

const { database, open, server } = testServer();

/** What a call says of that address, and how often a connection was asked for. It is given time for many tries. */
async function refused(
  connectionString: string,
): Promise<{ readonly error: unknown; readonly tries: number }> {
  const inner = new pg.Pool({ connectionString });
  let tries = 0;
  const pool = {
    connect: () => {
      tries++;
      return inner.connect();
    },
  };
  const service = new PostgresSessionService({ pool, reconnectMs: 600_000 });
  const error: unknown = await service.getSession(KEY).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  await service.close();
  await inner.end();
  return { error, tries };
}

async function role(url: string, name: string, options: string): Promise<string> {
  await server().run(`CREATE ROLE ${name} ${options}`);
  return url.replace("postgres:password@", `${name}:secret123@`);
}

test.each([
  [
    "a wrong password",
    "28P01",
    "password is wrong",
    (url: string) => url.replace(":password@", ":secret123@"),
  ],
  [
    "a user who may not connect",
    "28000",
    "may not connect",
    (url: string) => role(url, "idle", "NOLOGIN PASSWORD 'secret123'"),
  ],
  [
    "a database that is not there",
    "3D000",
    "no database of that name",
    (url: string) => url.replace(/[^/]+$/, "secret123"),
  ],
])("%s is told at once, in words that say so", async (_, state, words, address) => {
  const { error, tries } = await refused(await address(await database()));
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "store-unavailable", cause: { code: state } });
  expect(String(error)).toContain(words);
  expect(String(error)).toContain(state);
  expect(String(error)).not.toContain("secret123");
  expect(tries).toBe(1);
});

test("so is a password that is missing where the server asks for a proof of it", async () => {
  const url = await role(await database(), "prover", "LOGIN PASSWORD 'secret123'");
  const [{ hba_file: file } = {}] = await server().run("SHOW hba_file");
  await server().run(
    `COPY (VALUES ('host all prover all scram-sha-256'), ('host all all all password')) TO '${String(file)}'`,
  );
  await server().run("SELECT pg_reload_conf()");
  const missing = url.replace(":secret123@", "@");
  // The server reads its file anew in its own time.
  let told = await refused(missing);
  while (!String((told.error as Error).cause).includes("SASL")) told = await refused(missing);
  expect(told.error).toMatchObject({ code: "store-unavailable" });
  expect(String(told.error)).toContain("there is no password");
  expect(told.tries).toBe(1);
  await server().run("GRANT CREATE ON DATABASE postgres TO prover");
  const service = new PostgresSessionService({ connectionString: url, reconnectMs: 0 });
  await expect(service.getSession(KEY)).rejects.toThrow("call `setup()` once");
  await service.close();
});

test.each([
  "postgres://user:secret123@host:notaport/db",
  "postgres://user:secret123@host:70000/db",
  "postgres://user:secret123@[host/db",
  "postgres://user:secret123@host/%ff",
  "postgres://user:secret123@host/db?sslcert=/nowhere/secret123",
  "not an address secret123",
  "secret123",
])(
  "an address that cannot be read is refused when the service is made, without being quoted: %s",
  (connectionString) => {
    let error: unknown;
    try {
      new PostgresSessionService({ connectionString });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain("Expected `connectionString` to be like");
    expect(inspect(error)).not.toContain("secret123");
  },
);

test("what is no text is no address", () => {
  expect(() => new PostgresSessionService({ connectionString: 5 as unknown as string })).toThrow(
    ConfigurationError,
  );
});

test("an address of a pool that was passed in is told as soon, without being quoted", async () => {
  const { error, tries } = await refused("postgres://user:secret123@host:notaport/db");
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(inspect(error)).not.toContain("secret123");
  expect(tries).toBe(1);
});

test.each([
  "",
  undefined,
  "/var/run/postgresql db",
  "socket:/var/run/?db=x",
  "postgres:///db",
  "pg://h/db?a=b",
])("an address of whatever form `pg` knows is one: %s", async (connectionString) => {
  await new PostgresSessionService({ connectionString }).close();
});

test("an address with a password that must be written in signs of its own is read", async () => {
  const url = await database();
  await server().run("CREATE ROLE strange SUPERUSER LOGIN PASSWORD 'a@b c/%ü'");
  const service = await open(url.replace("postgres:password@", `strange:${encodeURIComponent("a@b c/%ü")}@`));
  expect((await service.createSession(KEY)).sessionId).toBe("s1");
});
