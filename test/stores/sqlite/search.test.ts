import { setImmediate as othersTurn } from "node:timers/promises";
import { AIMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";
import type { EventInput, SessionEvent } from "@sessionfold/core";
import { createEvent, matchesWords, searchText } from "@sessionfold/core/storage";
import { SqliteSessionService } from "@sessionfold/sqlite";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { Connection } from "../../../packages/sqlite/src/connection.ts";
import { EVENTS_BEFORE, MATCHING_EVENTS } from "../../../packages/sqlite/src/statements.ts";
import { a, call, res, u } from "../../support/events.ts";

const KEY = { appName: "app", userId: "user", sessionId: "s" };
const RUNS = Number(process.env.SESSIONFOLD_FUZZ_RUNS ?? 300);

/** What a walk over the whole log finds. */
function walked(events: readonly SessionEvent[], words: readonly string[], limit: number): readonly string[] {
  const found = events.filter((event) => matchesWords(event, words)).map(({ id }) => id);
  return found.reverse().slice(0, limit);
}

const PIECES = [
  "Paket",
  "pakete",
  "Größe",
  "STRASSE",
  "straße",
  "İstanbul",
  "ΣΊΣΥΦΟΣ",
  "包裹",
  "我的包裹在哪里",
  "在哪",
  "👩‍👩‍👧",
  "😀😀😀",
  "😀",
  "\ud83d",
  "\ude00",
  "\0",
  "a\0bc",
  "100%",
  "a_b",
  '"quoted"',
  "'",
  "it's",
  "*",
  "a*",
  "NEAR(a b)",
  "AND",
  "OR NOT",
  "col:x",
  "-",
  "^start",
  "(",
  ")",
  "{}",
  "\\",
  "ab",
  "abc",
  "abcd",
  "aaa",
  "aaaa",
  "é",
  "e\u0301",
  "\ufffd\ufffd\ufffd",
  "x".repeat(90),
  "user",
  "agent:",
] as const;
const text = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4, unit: "binary" })), {
  maxLength: 6,
  size: "max",
});
const event: fc.Arbitrary<EventInput> = fc
  .tuple(
    text,
    fc.constantFrom(" ", "", "\n"),
    fc.constantFrom("user", "agent", "system", "tool", "call", "mark"),
  )
  .map(([pieces, by, kind]): EventInput => {
    const said = pieces.join(by);
    if (kind === "user") return { author: "user", message: new HumanMessage(said) };
    if (kind === "agent") return { author: "agent", message: new AIMessage(said) };
    if (kind === "system") return { author: "system", message: new SystemMessage(said) };
    if (kind === "tool") return res("c1", said);
    if (kind === "call") return call("c1");
    return { author: "system", actions: { marks: [{ kind: "pin", targets: ["e0"] }] } };
  });
/** A word: a piece that may have been said, letters that hardly were, or a part of what one of the events says. */
type Asked = string | { readonly event: number; readonly from: number; readonly length: number };
const words: fc.Arbitrary<readonly Asked[]> = fc.array(
  fc.oneof(
    fc.constantFrom(...PIECES).map((piece) => piece.toLowerCase()),
    fc.string({ minLength: 1, maxLength: 4, unit: "binary" }),
    {
      weight: 3,
      arbitrary: fc.record({ event: fc.nat(24), from: fc.nat(80), length: fc.integer({ min: 1, max: 12 }) }),
    },
  ),
  { minLength: 1, maxLength: 2 },
);

function wordOf(asked: Asked, events: readonly SessionEvent[]): string {
  if (typeof asked === "string") return asked;
  const event = events[asked.event % Math.max(1, events.length)];
  const said = event === undefined ? "nothing" : searchText(event);
  const from = asked.from % Math.max(1, said.length);
  return said.slice(from, from + asked.length) || "nothing";
}

test("finds what a walk over the whole log finds, in the same order, whatever is looked for", async () => {
  const service = new SqliteSessionService(":memory:");
  let found = 0;
  let cut = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 25, size: "max" }),
      fc.array(fc.tuple(words, fc.integer({ min: 1, max: 4 })), { minLength: 5, maxLength: 15 }),
      fc.array(fc.nat(24), { maxLength: 5 }),
      async (inputs, queries, gone) => {
        await service.deleteSession(KEY);
        await service.createSession(KEY);
        const twin = { ...KEY, userId: "another" };
        await service.deleteSession(twin);
        await service.createSession(twin);
        for (const [at, input] of inputs.entries()) {
          for (const key of [twin, KEY])
            await service.appendEvent({
              session: { ...key },
              event: { ...input, id: `e${at}`, timestamp: at },
            });
        }
        await service.deleteEvents({ ...KEY, eventIds: gone.map((at) => `e${at}`) });
        const { events = [] } = (await service.getSession(KEY)) ?? {};
        for (const [asked, limit] of queries) {
          const looked = asked.map((each) => wordOf(each, events));
          const results = await service.searchEvents({ ...KEY, words: looked, limit });
          const expected = walked(events, looked, limit);
          expect(results.map(({ id }) => id)).toEqual(expected);
          found += expected.length;
          if (expected.length === limit) cut++;
        }
      },
    ),
    { numRuns: RUNS },
  );
  expect(found).toBeGreaterThan(2 * RUNS);
  expect(cut).toBeGreaterThan(RUNS / 4);
  await service.close();
});

test.each([
  ["the index", "parcel"],
  ["a walk, for words that are too short for it", "of"],
])("finds by %s what lies batches behind others of its kind", async (_, word) => {
  const service = new SqliteSessionService(":memory:");
  const events = Array.from({ length: 1300 }, (_, at) =>
    // Half of them have the parts of the word, and not the word.
    createEvent(
      { ...(at % 650 === 3 ? u(`a ${word} of mine`) : a("par arc rce cel, o and f")), id: `e${at}` },
      at,
      () => at,
    ),
  );
  await service.importSession({ ...KEY, state: {}, events, lastUpdateTime: 1 });
  const ids = async (limit: number) =>
    (await service.searchEvents({ ...KEY, words: [word], limit })).map(({ id }) => id);
  expect(await ids(5)).toEqual(["e653", "e3"]);
  expect(await ids(1)).toEqual(["e653"]);
  await service.close();
});

test("a session made anew during a search is another one", async () => {
  const service = new SqliteSessionService(":memory:");
  const events = Array.from({ length: 5000 }, (_, at) =>
    createEvent({ ...u(at === 0 ? "of the old one" : "so"), id: `e${at}` }, at, () => at),
  );
  await service.importSession({ ...KEY, state: {}, events, lastUpdateTime: 1 });
  const search = service.searchEvents({ ...KEY, words: ["of"], limit: 5 });
  // Two of its ten batches have been read by then.
  await othersTurn();
  await othersTurn();
  await service.deleteSession(KEY);
  await service.importSession({
    ...KEY,
    state: {},
    events: [createEvent(u("of the new one"), 0, () => 1)],
    lastUpdateTime: 1,
  });
  expect((await search).map(({ message }) => message?.text)).not.toContain("of the new one");
  await service.close();
});

test("a walk lets others use the process", async () => {
  const service = new SqliteSessionService(":memory:");
  const events = Array.from({ length: 3000 }, (_, at) =>
    createEvent({ ...u("so"), id: `e${at}` }, at, () => at),
  );
  await service.importSession({ ...KEY, state: {}, events, lastUpdateTime: 1 });
  let turns = 0;
  const count = (): void => {
    turns++;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  expect(await service.searchEvents({ ...KEY, words: ["of"], limit: 5 })).toEqual([]);
  clearImmediate(counting);
  expect(turns).toBeGreaterThanOrEqual(5);
  await service.close();
});

test("what others say between a session's events makes its search neither longer nor different", async () => {
  const service = new SqliteSessionService(":memory:");
  const other = { ...KEY, userId: "another" };
  const said = async (key: typeof KEY, from: number, count: number) => {
    const events = Array.from({ length: count }, (_, at) =>
      createEvent({ ...u("a parcel"), id: `e${from + at}` }, from + at, () => at),
    );
    await service.importSession({ ...key, sessionId: `s${from}`, state: {}, events, lastUpdateTime: 1 });
  };
  const append = (id: string) => service.appendEvent({ session: { ...KEY }, event: u("a parcel", { id }) });
  await service.createSession(KEY);
  await append("first");
  for (let from = 0; from < 6_000; from += 1000) await said(other, from, 1000);
  await append("last");
  const read = vi.spyOn(Connection.prototype, "all");
  const found = await service.searchEvents({ ...KEY, words: ["parcel"], limit: 5 });
  expect(found.map(({ id }) => id)).toEqual(["last", "first"]);
  expect(read.mock.calls.map(([sql]) => sql)).toEqual([EVENTS_BEFORE]);
  read.mockRestore();
  await service.close();
});

test("a session whose events lie partly scattered is searched by the index where they do not", async () => {
  const service = new SqliteSessionService(":memory:");
  const other = { ...KEY, userId: "another" };
  await service.createSession(KEY);
  await service.createSession(other);
  const append = (key: typeof KEY, id: string, text: string) =>
    service.appendEvent({ session: { ...key }, event: u(text, { id }) });
  const appends: Promise<unknown>[] = [];
  for (let at = 0; at < 3200; at++) {
    // Between 1,000 and 2,000 five of others for each of its own.
    const others = at >= 1000 && at < 2000 ? 5 : 0;
    for (let n = 0; n < others; n++) appends.push(append(other, `e${at}-${n}`, "a parcel"));
    appends.push(append(KEY, `e${at}`, at % 100 === 0 ? "a parcel" : "par arc rce cel"));
  }
  await Promise.all(appends);
  const read = vi.spyOn(Connection.prototype, "all");
  const expected = Array.from({ length: 32 }, (_, at) => `e${(31 - at) * 100}`);
  for (const limit of [1, 7, 100]) {
    const found = await service.searchEvents({ ...KEY, words: ["parcel"], limit });
    expect(found.map(({ id }) => id)).toEqual(expected.slice(0, limit));
  }
  expect(new Set(read.mock.calls.map(([sql]) => sql))).toEqual(new Set([MATCHING_EVENTS, EVENTS_BEFORE]));
  read.mockRestore();
  await service.close();
});

test("a session that is not there has nothing to be found", async () => {
  const service = new SqliteSessionService(":memory:");
  expect(await service.searchEvents({ ...KEY, words: ["parcel"], limit: 5 })).toEqual([]);
  expect(await service.searchEvents({ ...KEY, words: ["of"], limit: 5 })).toEqual([]);
  await service.createSession(KEY);
  expect(await service.searchEvents({ ...KEY, words: ["parcel"], limit: 5 })).toEqual([]);
  await service.close();
});

test.each([
  [{ words: "parcel" }, "Expected `words` to be a list of texts, got a string of 6 characters"],
  [{ words: [1] }, "Expected `words` to be a list of texts, got a list of 1"],
  [{ limit: Number.NaN }, "Expected `limit` to be an integer above 0, got NaN"],
  [{ limit: 0 }, "Expected `limit` to be an integer above 0, got 0"],
  [{ limit: 1.5 }, "Expected `limit` to be an integer above 0, got 1.5"],
])("refuses to look for %o", async (wrong, message) => {
  const service = new SqliteSessionService(":memory:");
  await service.createSession(KEY);
  const request = { ...KEY, words: ["parcel"], limit: 5, ...(wrong as object) };
  await expect(service.searchEvents(request)).rejects.toMatchObject({ name: "ConfigurationError", message });
  await service.close();
});
