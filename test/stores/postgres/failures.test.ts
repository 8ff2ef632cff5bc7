import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "@sessionfold/core";
import { type PostgresClient, PostgresSessionService } from "@sessionfold/postgres";
import { expect, test } from "vitest";
import { connectionReset, faultyPool, KEY, testServer } from "./support.ts";

const { database, open, server } = testServer();

const said = (id: string) => ({ id, author: "user", message: `said ${id}` });

/** Breaks the first statement that has that text in it: before it is sent, or once it is done. */
function once(part: string, when: "before" | "after") {
  let left = 1;
  return {
    [when]: (text: string) => {
      if (text.includes(part) && left-- > 0) throw connectionReset();
    },
  };
}

test("a server that is killed and started again amid calls costs no event that was acknowledged, and no call", async () => {
  const url = await database();
  const service = await open(url, { reconnectMs: 20_000 });
  await service.createSession(KEY);
  const acknowledged: string[] = [];
  let writing = true;
  const write = async (writer: number): Promise<void> => {
    for (let at = 0; writing; at++) {
      await service.appendEvent({ session: KEY, event: said(`${writer}-${at}`) });
      acknowledged.push(`${writer}-${at}`);
    }
  };
  const writers = [0, 1, 2, 3].map(write);
  for (const end of ["kill", "halt", "kill"] as const) {
    const before = acknowledged.length;
    while (acknowledged.length < before + 10) await sleep(5);
    await server()[end]();
    await server().start();
  }
  writing = false;
  const ends = await Promise.allSettled(writers);
  expect(ends.filter(({ status }) => status === "rejected")).toEqual([]);
  const events = (await service.getSession(KEY))?.events ?? [];
  expect(events.map(({ id }) => id).toSorted()).toEqual(acknowledged.toSorted());
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at));
});

test("connections that die while idle end no process, and the next call takes others", async () => {
  const url = await database();
  const service = await open(url);
  const passed = await open(url, { pool: server().pool(url) });
  await service.createSession(KEY);
  await Promise.all([1, 2, 3].map((at) => service.appendEvent({ session: KEY, event: said(`e${at}`) })));
  await passed.getSession(KEY);
  await server().run(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
    [url.split("/").at(-1)],
  );
  expect((await service.getSession(KEY))?.events).toHaveLength(3);
  expect((await passed.appendEvent({ session: KEY, event: said("e4") })).seq).toBe(3);
});

test.each(["before", "after"] as const)(
  "a connection lost %s the statement was done: an append is stored once and answered",
  async (when) => {
    const url = await database();
    const service = await open(url, {
      pool: faultyPool(server().pool(url), once('INSERT INTO "sessionfold".events', when)),
    });
    const plain = await open(url);
    await plain.createSession(KEY);
    const lease = await plain.acquireLease({ ...KEY, name: "fold", ttlMs: 60_000 });
    if (lease === null) throw new Error("Expected a lease");
    const condition = { lastSeq: -1 };
    expect((await service.appendEvent({ session: KEY, event: said("e0"), condition })).seq).toBe(0);
    const leased = await open(url, { pool: faultyPool(server().pool(url), once("COMMIT", when)) });
    const answer = await leased.appendEvent({
      session: KEY,
      event: said("e1"),
      condition: { lease, lastSeq: 0 },
    });
    expect(answer.seq).toBe(1);
    expect((await plain.getSession(KEY))?.events.map(({ id }) => id)).toEqual(["e0", "e1"]);
  },
);

test.each(["before", "after"] as const)(
  "a connection lost %s the statement was done: a session is made, or taken over, once",
  async (when) => {
    const url = await database();
    const making = await open(url, {
      pool: faultyPool(server().pool(url), once('INSERT INTO "sessionfold".sessions', when)),
    });
    expect((await making.createSession({ ...KEY, state: { "app:x": 1, y: 2 } })).state).toEqual({
      "app:x": 1,
      y: 2,
    });
    const importing = await open(url, { pool: faultyPool(server().pool(url), once("COMMIT", when)) });
    const other = { ...KEY, sessionId: "imported" };
    const event = await making.appendEvent({ session: KEY, event: said("e0") });
    await importing.importSession({ ...other, state: {}, events: [event], lastUpdateTime: 1 });
    expect((await making.getSession(other))?.events).toEqual([event]);
  },
);

test("what may not be done twice is told instead, as unavailable", async () => {
  const url = await database();
  const plain = await open(url);
  await plain.createSession(KEY);
  const service = await open(url, {
    pool: faultyPool(server().pool(url), once('DELETE FROM "sessionfold".sessions', "after")),
  });
  await expect(service.deleteSession(KEY)).rejects.toMatchObject({ code: "store-unavailable" });
  expect(await plain.getSession(KEY)).not.toBeNull();
  await service.deleteSession(KEY);
  expect(await plain.getSession(KEY)).toBeNull();
});

test("two losses in a row are told, with the cause and without a word of what was said", async () => {
  const url = await database();
  const plain = await open(url);
  await plain.createSession(KEY);
  const service = await open(url, {
    pool: faultyPool(server().pool(url), {
      before: (text) => {
        if (text.includes("UPDATE")) throw connectionReset();
      },
    }),
  });
  const error: unknown = await service
    .appendEvent({ session: KEY, event: { id: "e", message: "my secret" } })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "store-unavailable", cause: { code: "ECONNRESET" } });
  expect(String(error)).not.toContain("secret");
});

test("a server that is not there is told as unavailable, without its address", async () => {
  const service = new PostgresSessionService({
    connectionString: "postgres://me:hush@127.0.0.1:1/none",
    reconnectMs: 0,
  });
  const error: unknown = await service.setup().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "store-unavailable" });
  expect(String(error)).not.toMatch(/hush|127/);
  await service.close();
});

test("a statement that waits longer than it may is told as busy, and the store goes on", async () => {
  const url = await database();
  const service = await open(url, { statement_timeout: 200 });
  await service.createSession(KEY);
  const blocker = await server().client(url);
  await blocker.query("BEGIN");
  await blocker.query("SELECT FROM sessionfold.sessions FOR UPDATE");
  const append = () => service.appendEvent({ session: KEY, event: said("e0") });
  await expect(append()).rejects.toMatchObject({ code: "store-busy" });
  await blocker.query("ROLLBACK");
  await blocker.end();
  expect((await append()).seq).toBe(0);
});

test("a database that runs everything as serializable costs attempts and nothing else", async () => {
  const url = await database();
  await server().run(
    `ALTER DATABASE ${url.split("/").at(-1)} SET default_transaction_isolation = 'serializable'`,
  );
  const services = await Promise.all(Array.from({ length: 4 }, () => open(url)));
  await services[0]?.createSession(KEY);
  await Promise.all(
    services.map(async (service, writer) => {
      for (let at = 0; at < 10; at++)
        await service.appendEvent({ session: KEY, event: said(`${writer}-${at}`) });
    }),
  );
  const events = (await services[0]?.getSession(KEY))?.events ?? [];
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, at) => at));
});

test("a new connection that dies before anybody is told of it ends no process", async () => {
  const url = await database();
  const inner = server().pool(url);
  const listeners: ((client: PostgresClient) => void)[] = [];
  const service = await open(url, {
    pool: {
      connect: async () => {
        const client = await inner.connect();
        for (const listener of listeners) listener(client);
        // As `pg` does: an error without a listener is thrown.
        try {
          client.emit("error", connectionReset());
        } catch (error) {
          client.release(true);
          throw error;
        }
        return client;
      },
      on: (event: string, listener: (told: never) => void) =>
        event === "connect" && listeners.push(listener as (client: PostgresClient) => void),
    },
  });
  expect((await service.createSession(KEY)).sessionId).toBe("s1");
});
