import { afterAll, expect, test } from "vitest";
import { u } from "../../support/events.ts";
import { OpenedFiles } from "./opened-files.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

const KEY = { appName: "app", userId: "user", sessionId: "s" };

test("an event is stored where the log ends as expected, also when its last events were deleted", async () => {
  const service = files.create();
  await service.createSession(KEY);
  const append = (id: string, lastSeq: number) =>
    service.appendEvent({ session: { ...KEY }, event: u("said", { id }), condition: { lastSeq } });
  await expect(append("e0", 0)).rejects.toMatchObject({ code: "append-conflict" });
  await append("e0", -1);
  await append("e1", 0);
  await expect(append("e2", 0)).rejects.toMatchObject({ code: "append-conflict" });
  expect(await append("e0", -1)).toMatchObject({ id: "e0", seq: 0 });
  await service.deleteEvents({ ...KEY, eventIds: ["e1"] });
  await expect(append("e2", 1)).rejects.toMatchObject({ code: "append-conflict" });
  // The position of what was deleted is not given again.
  expect(await append("e2", 0)).toMatchObject({ seq: 2 });
});

test("nothing of an event that was refused is stored: no state, no time, no position", async () => {
  let now = 1;
  const service = files.create({ clock: () => now++ });
  await service.createSession({ ...KEY, state: { a: 1 } });
  const before = await service.getSession(KEY);
  const event = u("said", { actions: { stateDelta: { a: 2, "app:b": 3 } } });
  const refused = service.appendEvent({ session: { ...KEY }, event, condition: { lastSeq: 7 } });
  await expect(refused).rejects.toMatchObject({ code: "append-conflict" });
  expect(await service.getSession(KEY)).toEqual(before);
  expect(await service.searchEvents({ ...KEY, words: ["said"], limit: 1 })).toEqual([]);
  expect(await service.appendEvent({ session: { ...KEY }, event })).toMatchObject({ seq: 0 });
});

test("of many that expect the same end of the log, one stores", async () => {
  const one = files.create();
  await one.createSession(KEY);
  const other = files.another(one);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, at) =>
      (at % 2 === 0 ? one : other).appendEvent({
        session: { ...KEY },
        event: u("said"),
        condition: { lastSeq: -1 },
      }),
    ),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

const cycle: { self?: unknown } = {};
cycle.self = cycle;

test.each([
  ["a number that JSON has no form for", { big: 1n }],
  ["a cycle", cycle],
])("refuses %s, and stores nothing of it", async (_, stateDelta) => {
  const service = files.create();
  await service.createSession(KEY);
  const event = u("said", { actions: { stateDelta: stateDelta as Record<string, unknown> } });
  const append = service.appendEvent({ session: { ...KEY }, event });
  await expect(append).rejects.toMatchObject({ code: "invalid-event", message: /`event`/ });
  expect(await service.getSession(KEY)).toMatchObject({ events: [], state: {} });
});

test.each([
  ["appName", { appName: "a\0b" }],
  ["userId", { userId: "\ud800" }],
  ["sessionId", { sessionId: "x\udc00y" }],
])("refuses a key that SQLite would take for another, by its field %s", async (field, part) => {
  const service = files.create();
  const message = `Expected \`${field}\` to be a text without NUL`;
  const key = { ...KEY, ...part };
  await expect(service.createSession(key)).rejects.toThrow(message);
  await expect(service.getSession(key)).rejects.toThrow(message);
  await expect(service.appendEvent({ session: key, event: u("said") })).rejects.toThrow(message);
});

test("refuses ids and names of state that SQLite would take for others", async () => {
  const service = files.create();
  await service.createSession(KEY);
  const append = (extra: Parameters<typeof u>[1]) =>
    service.appendEvent({ session: { ...KEY }, event: u("said", extra) });
  await expect(append({ id: "a\0" })).rejects.toMatchObject({ code: "invalid-event", message: /`event.id`/ });
  const named = append({ actions: { stateDelta: { "\ud800": 1 } } });
  await expect(named).rejects.toMatchObject({ code: "invalid-event", message: /stateDelta/ });
  const state = { "a\0": 1 };
  const made = service.createSession({ ...KEY, sessionId: "another", state });
  await expect(made).rejects.toMatchObject({ code: "configuration", message: /state/ });
  expect(await service.deleteEvents({ ...KEY, eventIds: ["a\0", "\ud800"] })).toBe(0);
});
