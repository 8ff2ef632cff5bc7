import type { BaseMessageLike } from "@langchain/core/messages";
import {
  createEvent,
  type EventInput,
  eventFromJson,
  eventToJson,
  InMemorySessionService,
  InvalidEventError,
  isSessionfoldError,
  isSummaryEvent,
  SessionSummarizer,
  SessionSummary,
  SummaryNotFoundError,
  withSummaries,
} from "@sessionfold/core";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { summarized } from "../support/folds.ts";
import { HOSTILE, nested, POLLUTING } from "../support/hostile-events.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";

let server: ModelServer;
const PROTOTYPE_KEYS = Reflect.ownKeys(Object.prototype);

beforeAll(async () => {
  server = await startModelServer(["A summary."]);
});

afterAll(() => server.close());

afterEach(() => {
  server.requests.length = 0;
  // Nothing of a conversation has got into what all objects share.
  expect(Reflect.ownKeys(Object.prototype)).toEqual(PROTOTYPE_KEYS);
  expect(Reflect.ownKeys(Array.prototype)).not.toContain("polluted");
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

const WRITERS = { "a model over HTTP": true, "extractive()": false };

describe.each(Object.entries(HOSTILE))("%s", (_, events) => {
  test.each(Object.entries(WRITERS))(
    "is appended, found, folded and unfolded whole, with %s",
    async (_, overHttp) => {
      const { sessions, session } = await decorated({
        mode: "manual",
        keep: { turns: 1 },
        ...(overHttp && { model: server.chat() }),
      });
      await appendAll(sessions, session, [...events(), u("and now?"), a("now this")]);
      const before = (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
      const found = await sessions.search(session, "marigold");
      expect(found.length).toBeGreaterThan(0);
      const { summary } = summarized(await sessions.summarize(session, { force: true }));
      const covered = new Set(summary.coverage.direct);
      const unfolded = await sessions.unfold(session, summary.id);
      expect(unfolded.map(({ id }) => id)).toEqual(
        before.filter(({ id }) => covered.has(id)).map(({ id }) => id),
      );
      unfolded.forEach((event, at) => {
        const original = before.filter(({ id }) => covered.has(id))[at];
        expect(event.message?.content === original?.message?.content || same(event, original)).toBe(true);
        expect(event.author).toBe(original?.author);
      });
      const window = (await sessions.getSession(KEY))?.events ?? [];
      expect(window.filter(isSummaryEvent)).toHaveLength(1);
      expect(await sessions.search(session, "marigold")).toHaveLength(found.length);
      if (overHttp) expect(server.requests.length).toBeGreaterThan(0);
    },
  );

  test("is taken as a plain list, and its trigger is asked", async () => {
    const summarizer = new SessionSummarizer({ keep: { turns: 0 } });
    const outcome = await summarizer.summarizeEvents(events());
    expect(outcome).toMatchObject({ kind: "skipped", reason: "not-triggered" });
  });
});

/** Whether two events say the same, as far as a comparison that does not recurse can tell. */
function same(one: unknown, other: unknown): boolean {
  const open: [unknown, unknown][] = [[one, other]];
  const seen = new Set<unknown>();
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [left, right] = pair;
    if (Object.is(left, right) || seen.has(left)) continue;
    if (typeof left !== "object" || typeof right !== "object" || left === null || right === null)
      return false;
    seen.add(left);
    const keys = Reflect.ownKeys(left);
    if (keys.length !== Reflect.ownKeys(right).length) return false;
    for (const key of keys) open.push([Reflect.get(left, key), Reflect.get(right, key)]);
  }
  return true;
}

describe("prototypes", () => {
  test("polluting keys are kept as data of their own", async () => {
    const { sessions, session } = await decorated({ mode: "manual" });
    await sessions.appendEvent({ session, event: u("hi", { actions: { stateDelta: POLLUTING } }) });
    const read = await sessions.getSession(KEY);
    expect(Object.hasOwn(read?.state ?? {}, "__proto__")).toBe(true);
    expect(read?.state.plain).toBe(1);
    expect(read?.state.polluted).toBeUndefined();
    const delta = read?.events[0]?.actions.stateDelta ?? {};
    expect(Object.getPrototypeOf(delta)).toBe(Object.prototype);
    expect(JSON.stringify(delta)).toBe(JSON.stringify(POLLUTING));
  });

  test.each([
    "__proto__",
    "constructor",
    "toString",
    "\u0000",
    "\ud800",
    "a\u0000b",
    '["x"]',
    "💐".repeat(10_000),
  ])("%j names a session like any other", async (name) => {
    const sessions = withSummaries(new InMemorySessionService(), { mode: "manual", keep: { turns: 0 } });
    const key = { appName: name, userId: name, sessionId: name };
    const session = await sessions.createSession({ ...key, state: { [name]: name } });
    const other = await sessions.createSession({ ...key, sessionId: `${name}2` });
    await appendAll(sessions, session, [u("marigold and much else"), a("yes, and more"), u("and?")]);
    await sessions.mark(session, { pin: [(await sessions.getSession(key))?.events[2]?.id ?? ""] });
    summarized(await sessions.summarize(session, { force: true }));
    expect((await sessions.getSession({ ...key, view: "full" }))?.events.length).toBeGreaterThan(3);
    expect((await sessions.getSession({ ...key, sessionId: `${name}2` }))?.events).toEqual([]);
    expect((await sessions.listSessions({ appName: name, userId: name })).sessions).toHaveLength(2);
    await sessions.deleteSession(key);
    expect(await sessions.getSession(key)).toBeNull();
    expect(await sessions.getSession({ ...key, sessionId: other.id })).not.toBeNull();
  });

  test("ids of prototypes name no summary and no event", async () => {
    const { sessions, session } = await decorated({ mode: "manual" });
    await appendAll(sessions, session, [u("hi"), a("ho")]);
    for (const id of ["__proto__", "constructor", "hasOwnProperty"]) {
      await expect(sessions.unfold(session, id)).rejects.toThrow(SummaryNotFoundError);
      await expect(sessions.mark(session, { pin: [id] })).rejects.toSatisfy(isSessionfoldError);
      expect(await sessions.getSummary(session, { scope: id })).toBeNull();
    }
  });

  test("a summary from JSON keeps no prototype that the JSON gave it", async () => {
    const summarizer = new SessionSummarizer({ keep: { turns: 0 } });
    const events = [u("marigold and much else"), a("yes, and more of it"), u("and?")];
    const { summary } = summarized(await summarizer.summarizeEvents(events, { force: true }));
    const json = JSON.parse(
      JSON.stringify({ ...summary.toJSON(), metadata: POLLUTING }).replace(
        "{",
        '{"__proto__":{"text":"forged"},',
      ),
    ) as unknown;
    const read = SessionSummary.fromJSON(json);
    expect(read.text).toBe(summary.text);
    expect(read).toBeInstanceOf(SessionSummary);
    expect(read.metadata.plain).toBe(1);
    expect((read.metadata as { polluted?: unknown }).polluted).toBeUndefined();
    expect(SessionSummary.fromJSON(JSON.parse(JSON.stringify(read)))).toEqual(read);
  });
});

describe("what cannot be an event", () => {
  test.each<[string, unknown, RegExp]>([
    ["time NaN", { message: "x", timestamp: Number.NaN }, /`event.timestamp`/],
    ["endless time", { message: "x", timestamp: Number.POSITIVE_INFINITY }, /`event.timestamp`/],
    ["time as text", { message: "x", timestamp: "now" }, /`event.timestamp`/],
    ["an id that is an object", { message: "x", id: {} }, /`event.id`/],
    ["an author that is a list", { message: "x", author: ["user"] }, /`event.author`/],
    ["a message that is a number", { message: 5 }, /`event.message`/],
    ["a message of an unknown type", { message: { type: "__proto__", data: {} } }, /`event.message`/],
    [
      "a message of a type that objects have",
      { message: { type: "constructor", data: { content: "x" } } },
      /`event.message`/,
    ],
    ["a message in a circle", { message: [[[]]] }, /`event.message`/],
    ["a message with a role of objects", { message: { role: "__proto__", content: "x" } }, /`event.message`/],
    ["marks without targets", { actions: { marks: [{ kind: "pin" }] } }, /`event.actions.marks`/],
    [
      "marks of a kind that objects have",
      { actions: { marks: [{ kind: "constructor", targets: [] }] } },
      /`event.actions.marks`/,
    ],
    ["state that is a list", { message: "x", actions: { stateDelta: [] } }, /`event.actions.stateDelta`/],
    ["null", null, /`event`/],
    ["a list", [], /`event`/],
  ])("%s is refused by name and quotes nothing", async (_, input, message) => {
    const secret = "marigold-7";
    const given =
      typeof input === "object" && input !== null && !Array.isArray(input)
        ? { ...input, branch: secret }
        : input;
    const make = (): unknown => createEvent(given as EventInput, 0, () => 0);
    expect(make).toThrow(InvalidEventError);
    expect(make).toThrow(message);
    expect(make).not.toThrow(secret);
    const { sessions, session } = await decorated({ mode: "manual" });
    await expect(sessions.appendEvent({ session, event: given as EventInput })).rejects.toThrow(
      InvalidEventError,
    );
    expect((await sessions.getSession({ ...KEY, view: "full" }))?.events).toEqual([]);
  });

  test("any JSON is an event or a typed error, and what is an event survives its own JSON", () => {
    const message: fc.Arbitrary<unknown> = fc.oneof(
      fc.jsonValue(),
      fc.record({
        type: fc.constantFrom("human", "ai", "tool", "system", "generic", "remove", "__proto__"),
        data: fc.jsonValue(),
      }),
      fc.record({
        role: fc.constantFrom("user", "assistant", "tool", "system", "x"),
        content: fc.jsonValue(),
      }),
      fc.record({
        type: fc.constantFrom("human", "ai", "tool"),
        content: fc.jsonValue(),
        tool_calls: fc.jsonValue(),
      }),
      fc.record({
        lc: fc.constant(1),
        type: fc.constant("constructor"),
        id: fc.jsonValue(),
        kwargs: fc.jsonValue(),
      }),
    );
    const event = fc.record(
      {
        id: fc.oneof(fc.string(), fc.jsonValue()),
        seq: fc.jsonValue(),
        author: fc.jsonValue(),
        message,
        timestamp: fc.jsonValue(),
        actions: fc.jsonValue(),
      },
      { requiredKeys: ["id"] },
    );
    const made = (make: () => unknown): unknown => {
      try {
        return make();
      } catch (error) {
        expect(isSessionfoldError(error), String(error)).toBe(true);
        return undefined;
      }
    };
    fc.assert(
      fc.property(fc.oneof(event, fc.jsonValue()), (json) => {
        made(() => createEvent(json as EventInput, 0, () => 0));
        const read = made(() => eventFromJson(json, 0)) as ReturnType<typeof eventFromJson> | undefined;
        if (read !== undefined) {
          const again = eventFromJson(JSON.parse(JSON.stringify(eventToJson(read))));
          expect(again.id).toBe(read.id);
          expect(again.message?.content).toEqual(read.message?.content);
        }
        made(() => SessionSummary.fromJSON(json));
      }),
      { numRuns: 3000 },
    );
  });

  test("deep JSON is an event or a typed error", () => {
    for (const json of [
      nested(100_000),
      { id: "x", actions: nested(100_000) },
      { id: "x", message: nested(100_000) },
    ]) {
      for (const read of [
        () => createEvent(json as EventInput, 0, () => 0),
        () => eventFromJson({ id: "x", seq: 0, ...json }),
        () => SessionSummary.fromJSON(json),
      ]) {
        try {
          read();
        } catch (error) {
          expect(isSessionfoldError(error), String(error)).toBe(true);
        }
      }
    }
  });
});

test("whatever JSON stands as a message's content, it can be folded", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 4 }), async (contents) => {
      const events: EventInput[] = [];
      for (const content of contents) {
        const message = { role: "user", content } as unknown as BaseMessageLike;
        try {
          events.push(createEvent({ author: "user", message }, 0, () => 0));
        } catch (error) {
          expect(isSessionfoldError(error), String(error)).toBe(true);
        }
      }
      const summarizer = new SessionSummarizer({ keep: { turns: 0 } });
      const turns = [...events, a("A long answer about the marigold and its garden."), u("Yes?")];
      const outcome = await summarizer.summarizeEvents(turns, { force: true });
      if (outcome.kind === "failed") throw outcome.error;
    }),
    { numRuns: 300 },
  );
});
