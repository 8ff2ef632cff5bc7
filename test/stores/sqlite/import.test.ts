import { createEvent, type EventInput } from "@sessionfold/core";
import { afterAll, expect, test } from "vitest";
import { a, u } from "../../support/events.ts";
import { OpenedFiles } from "./opened-files.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

const KEY = { appName: "app", userId: "user", sessionId: "s" };
const at = (seq: number, input: EventInput) =>
  createEvent({ id: `e${seq}`, timestamp: seq, ...input }, seq, () => 0);

test("a session is taken over as it is: positions, time and its own state, and changes are not applied again", async () => {
  const service = files.create();
  await service.createSession({ ...KEY, sessionId: "sibling", state: { "app:x": "kept", "user:y": "kept" } });
  const stateDelta = { a: 1, "app:x": "changed", "user:y": "changed" };
  const events = [at(2, u("a parcel", { actions: { stateDelta } })), at(5, a("yes"))];
  await service.importSession({ ...KEY, state: { a: 7, b: [1] }, events, lastUpdateTime: 12.5 });
  const session = await service.getSession(KEY);
  expect(session).toMatchObject({ lastUpdateTime: 12.5, incarnation: expect.stringMatching(/-/) });
  expect(session?.state).toEqual({ a: 7, b: [1], "app:x": "kept", "user:y": "kept" });
  expect(session?.events).toEqual(events);
  const found = await service.searchEvents({ ...KEY, words: ["parcel"], limit: 5 });
  expect(found.map(({ id }) => id)).toEqual(["e2"]);
  expect(await service.appendEvent({ session: { ...KEY }, event: u("next") })).toMatchObject({ seq: 6 });
  expect(await service.appendEvent({ session: { ...KEY }, event: u("again", { id: "e5" }) })).toMatchObject({
    seq: 5,
  });
});

test("an entry of state that is named like one of the app's stays the session's own", async () => {
  const service = files.create();
  const sibling = { ...KEY, sessionId: "sibling" };
  await service.createSession({ ...sibling, state: { "app:x": "theirs" } });
  const state = { "app:x": "mine", "user:y": "mine" };
  await service.importSession({ ...KEY, state, events: [], lastUpdateTime: 1 });
  expect((await service.getSession(KEY))?.state).toEqual(state);
  expect((await service.getSession(sibling))?.state).toEqual({ "app:x": "theirs" });
});

test.each([
  ["positions that do not rise", [at(3, u("one")), at(3, { ...u("two"), id: "other" })], "invalid-event"],
  ["an id twice", [at(3, u("one")), at(4, { ...u("two"), id: "e3" })], "invalid-event"],
  ["an id that SQLite cannot hold", [at(3, u("one")), at(4, { ...u("two"), id: "\ud800" })], "invalid-event"],
])("takes over nothing of a session with %s", async (_, events, code) => {
  const service = files.create();
  const imported = service.importSession({ ...KEY, state: { a: 1 }, events, lastUpdateTime: 1 });
  await expect(imported).rejects.toMatchObject({ code });
  expect(await service.getSession(KEY)).toBeNull();
  expect((await service.createSession(KEY)).state).toEqual({});
});

test("a session that exists is left as it is", async () => {
  const service = files.create();
  await service.createSession({ ...KEY, state: { a: 1 } });
  const before = await service.getSession(KEY);
  const imported = service.importSession({
    ...KEY,
    state: { a: 2 },
    events: [at(0, u("one"))],
    lastUpdateTime: 1,
  });
  await expect(imported).rejects.toMatchObject({ code: "session-exists" });
  expect(await service.getSession(KEY)).toEqual(before);
});
