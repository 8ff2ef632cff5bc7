import { AppendConflictError, type SessionEvent } from "@sessionfold/core";
import { expect, test } from "vitest";
import { KEY, testServer } from "./support.ts";

const { database, open } = testServer();

const said = (id: string) => ({ id, author: "user", message: `said ${id}` });

test("of appends at once that ask for the same end of the log, one is stored and the others are refused", async () => {
  const url = await database();
  const services = await Promise.all(Array.from({ length: 8 }, () => open(url)));
  await services[0]?.createSession(KEY);
  for (let round = 0; round < 5; round++) {
    const results = await Promise.allSettled(
      services.map((service, at) =>
        service.appendEvent({
          session: KEY,
          event: said(`r${round}-${at}`),
          condition: { lastSeq: round - 1 },
        }),
      ),
    );
    const stored = results.filter(({ status }) => status === "fulfilled");
    expect(stored).toHaveLength(1);
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toBeInstanceOf(AppendConflictError);
  }
  const session = await services[0]?.getSession(KEY);
  expect(session?.events.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4]);
});

test("a known id is answered with what is stored, whatever is asked", async () => {
  const service = await open();
  await service.createSession(KEY);
  const first = await service.appendEvent({ session: KEY, event: said("e1") });
  const lease = { name: "fold", token: 12_345 };
  for (const condition of [{ lastSeq: 17 }, { lease }, { lastSeq: 0.5 }]) {
    const answer = await service.appendEvent({
      session: KEY,
      event: { ...said("e1"), message: "another" },
      condition,
    });
    expect(answer).toEqual(first);
  }
});

test("the end of the log is its last entry that exists, and none is -1", async () => {
  const service = await open();
  await service.createSession(KEY);
  const append = (id: string, lastSeq: number): Promise<SessionEvent> =>
    service.appendEvent({ session: KEY, event: said(id), condition: { lastSeq } });
  await append("e0", -1);
  await append("e1", 0);
  await service.deleteEvents({ ...KEY, eventIds: ["e1"] });
  await expect(append("e2", 1)).rejects.toThrow(AppendConflictError);
  expect((await append("e2", 0)).seq).toBe(2);
  await service.deleteEvents({ ...KEY, eventIds: ["e0", "e2"] });
  expect((await append("e3", -1)).seq).toBe(3);
  await expect(append("e4", 2.5)).rejects.toThrow(AppendConflictError);
});

test("the same id at once from many services is stored once, and all get it", async () => {
  const url = await database();
  const services = await Promise.all(Array.from({ length: 8 }, () => open(url)));
  await services[0]?.createSession(KEY);
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(
      services.map((service, at) =>
        service.appendEvent({
          session: KEY,
          event: { id: `e${round}`, author: "user", message: `of ${at}` },
        }),
      ),
    );
    expect(new Set(answers.map(({ seq, message }) => `${seq} ${String(message?.content)}`)).size).toBe(1);
  }
  const session = await services[0]?.getSession(KEY);
  expect(session?.events.map(({ id, seq }) => [id, seq])).toEqual(
    [0, 1, 2, 3, 4].map((at) => [`e${at}`, at]),
  );
});

test("a reader never sees an entry without all before it, however many write", async () => {
  const url = await database();
  const services = await Promise.all(Array.from({ length: 4 }, () => open(url)));
  const reader = await open(url);
  await reader.createSession(KEY);
  let writing = true;
  const read = async (): Promise<void> => {
    while (writing) {
      const { events = [] } = (await reader.getSession(KEY)) ?? {};
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at));
    }
  };
  const write = services.map(async (service, at) => {
    for (let round = 0; round < 25; round++)
      await service.appendEvent({
        session: KEY,
        event: { ...said(`${at}-${round}`), actions: { stateDelta: { "app:x": round, [`user:${at}`]: at } } },
      });
  });
  await Promise.all([Promise.all(write).finally(() => (writing = false)), read()]);
  expect((await reader.getSession(KEY))?.events).toHaveLength(100);
});
