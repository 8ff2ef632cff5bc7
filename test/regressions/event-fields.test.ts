import { AIMessage, HumanMessage } from "@langchain/core/messages";
import {
  createEvent,
  type EventInput,
  InMemorySessionService,
  InvalidEventError,
  type Session,
  type SessionService,
  SessionSummarizer,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, call, res, u } from "../support/events.ts";
import { shown, summarized } from "../support/folds.ts";
import { textOf } from "../support/outcomes.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const options = { mode: "manual", keep: { turns: 0 }, tokenCounter: (text: string) => text.length } as const;
const ACTIONS = ["pinned", "skipSummarization", "stateDelta", "marks", "summary"] as const;

/** An event with actions as untyped code hands them in. */
function withActions(actions: unknown): EventInput {
  return { ...u("hello", { id: "e1" }), actions } as unknown as EventInput;
}

describe("actions as stores and untyped callers write them", () => {
  test.each(ACTIONS.flatMap((field) => [[field, null] as const, [field, undefined] as const]))(
    "%s: %s is as if it were absent",
    async (field, value) => {
      const { sessions, session } = await decorated({ ...options, summarizer: stubSummarizer() });
      await sessions.appendEvent({ session, event: withActions({ [field]: value }) });
      await sessions.appendEvent({ session, event: a("and you", { id: "e2" }) });
      const window = (await sessions.getSession(KEY))?.events ?? [];
      expect(window.map(textOf)).toEqual(["hello", "and you"]);
      expect(window[0]?.actions).toEqual({});
      expect(summarized(await sessions.summarize(KEY, { force: true })).summary.coverage.direct).toEqual([
        "e1",
        "e2",
      ]);
    },
  );

  test.each([
    ["pinned", "yes"],
    ["skipSummarization", 1],
    ["stateDelta", "abc"],
    ["stateDelta", ["a"]],
    ["summary", 5],
    ["summary", []],
    ["marks", {}],
    ["marks", [{ kind: "burn", targets: [] }]],
    ["marks", [{ kind: "pin", targets: "e1" }]],
    ["marks", [{ kind: "pin", targets: [5] }]],
    ["marks", [null]],
  ])("%s: %j is refused by its name", async (field, value) => {
    const { sessions, session, inner } = await decorated({ ...options, summarizer: stubSummarizer() });
    const event = withActions({ [field]: value });
    for (const service of [sessions, inner]) {
      const refused = service.appendEvent({ session, event });
      await expect(refused).rejects.toThrow(InvalidEventError);
      await expect(service.appendEvent({ session, event })).rejects.toThrow(`event.actions.${field}`);
    }
    expect((await sessions.getSession({ ...KEY, view: "full" }))?.events).toEqual([]);
  });

  test.each([[[]], ["pinned"], [5]])("actions: %j are refused", (actions) => {
    expect(() => createEvent(withActions(actions), 0, () => 0)).toThrow(/event\.actions/);
  });

  test("a store that hands out every action as null works", async () => {
    const inner = new InMemorySessionService();
    const nulls = Object.fromEntries(ACTIONS.map((field) => [field, null]));
    const store: SessionService = {
      createSession: (request) => inner.createSession(request),
      deleteSession: (request) => inner.deleteSession(request),
      listSessions: (request) => inner.listSessions(request),
      appendEvent: (request) => inner.appendEvent(request),
      getSession: async (request) => {
        const session = await inner.getSession({ ...request, afterSeq: undefined });
        if (session === null) return null;
        const { incarnation: _, ...rest } = session;
        const events = rest.events.map((event) => ({ ...event, actions: { ...nulls, ...event.actions } }));
        return { ...rest, events } as unknown as Session;
      },
    };
    const { sessions, session } = await decorated({ ...options, summarizer: stubSummarizer() }, store);
    await appendAll(inner, session, [u("q", { id: "e1" }), a("b", { id: "e2" })]);
    expect(shown((await sessions.getSession(KEY))?.events ?? [])).toEqual(["e1", "e2"]);
    summarized(await sessions.summarize(KEY, { force: true }));
    expect(shown((await sessions.getSession(KEY))?.events ?? [])).toEqual(["S"]);
  });
});

describe("a user's event without a message, such as a change of state", () => {
  const silent: EventInput = { author: "user", id: "state", actions: { stateDelta: { volume: 3 } } };

  test("starts no turn: the question before it is still the current one, and is not folded", async () => {
    const { sessions, session } = await decorated({ ...options, summarizer: stubSummarizer() });
    await appendAll(sessions, session, [
      u("old", { id: "u0" }),
      a("answer", { id: "a0" }),
      u("the question", { id: "u1" }),
      silent,
      call("c1", { id: "k1" }),
      res("c1", "r", { id: "r1" }),
      call("c2", { id: "k2" }),
      res("c2", "r", { id: "r2" }),
    ]);
    const { summary } = summarized(await sessions.summarize(KEY, { force: true }));
    expect(summary.coverage.direct).not.toContain("u1");
    expect(shown((await sessions.getSession(KEY))?.events ?? [])).toContain("u1");
  });

  test("abandons no call: its result stays a result", async () => {
    const { sessions, session } = await decorated({ ...options, summarizer: stubSummarizer() });
    await appendAll(sessions, session, [u("q"), call("c1"), silent, res("c1", "found")]);
    const window = (await sessions.getSession(KEY))?.events ?? [];
    expect(window.map(({ message }) => message?.type)).toEqual(["human", "ai", "tool"]);
    expect(window.every(({ actions }) => actions.synthetic === undefined)).toBe(true);
  });

  test("counts as no turn for the default trigger", async () => {
    const counts: number[] = [];
    const trigger = ({ userEvents }: { userEvents: number }): boolean => counts.push(userEvents) < 0;
    const { sessions, session } = await decorated({ ...options, trigger, summarizer: stubSummarizer() });
    await appendAll(sessions, session, [u("q"), silent, a("b")]);
    await sessions.summarize(KEY);
    expect(counts).toEqual([1]);
  });
});

describe("what is kept cannot be reached from outside", () => {
  test("metadata of summaries", async () => {
    const metadata = { tags: ["one"], nested: { deep: { value: 1 } } };
    const { sessions, session } = await decorated({ ...options, metadata, summarizer: stubSummarizer() });
    await appendAll(sessions, session, [u("question"), a("answer")]);
    const { summary } = summarized(await sessions.summarize(KEY, { force: true }));
    metadata.tags.push("two");
    metadata.nested.deep.value = 2;
    const held = summary.metadata as typeof metadata;
    expect(() => held.tags.push("three")).toThrow(TypeError);
    expect(() => Object.assign(held.nested.deep, { value: 3 })).toThrow(TypeError);
    const expected = { tags: ["one"], nested: { deep: { value: 1 } } };
    expect(summary.metadata).toEqual(expected);
    expect((await sessions.getSummary(KEY))?.metadata).toEqual(expected);
  });

  test("bytes in a message's content", async () => {
    const { sessions, session } = await decorated({ ...options, summarizer: stubSummarizer() });
    const bytes = new Uint8Array([1, 2, 3]);
    const message = new HumanMessage({ content: [{ type: "image", data: bytes, mimeType: "image/png" }] });
    const answer = await sessions.appendEvent({ session, event: { author: "user", message } });
    bytes[0] = 9;
    for (const held of [answer, session.events[0]]) bytesOf(held?.message?.content).fill(8);
    bytesOf((await sessions.getSession(KEY))?.events[0]?.message?.content).fill(7);
    const [event] = (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
    expect([...bytesOf(event?.message?.content)]).toEqual([1, 2, 3]);
  });

  function bytesOf(content: unknown): Uint8Array {
    const [block] = content as { data: Uint8Array }[];
    return block?.data ?? new Uint8Array();
  }
});

describe("what a caller holds", () => {
  test("may be frozen: the event is stored all the same", async () => {
    const { sessions, session, inner } = await decorated({ ...options, summarizer: stubSummarizer() });
    const frozen = { ...session, events: Object.freeze([]) as unknown as Session["events"] };
    await sessions.appendEvent({ session: frozen, event: u("one") });
    await inner.appendEvent({ session: Object.freeze(frozen), event: u("two") });
    expect((await sessions.getSession(KEY))?.events.map(textOf)).toEqual(["one", "two"]);
  });

  test("may be a window: handed in again, placeholders and the opening line are not read", async () => {
    const stub = stubSummarizer();
    const list = new SessionSummarizer({ keep: { turns: 0 }, summarizer: stub });
    const pinned = { ...call("c1", { id: "k1" }), actions: { pinned: true } };
    const first = summarized(
      await list.summarizeEvents([pinned, u("q1"), a("a1"), u("q2"), a("a2")], { force: true }),
    );
    expect(first.window.map(({ actions }) => actions.synthetic)).toEqual([
      "opening",
      undefined,
      "missing-result",
      undefined,
    ]);
    const again = first.window.map((event) => (event.id === "k1" ? { ...event, actions: {} } : event));
    const second = summarized(
      await list.summarizeEvents([...again, u("more"), a("more still")], { force: true }),
    );
    const { transcript = "", events = [] } = stub.requests.at(-1) ?? {};
    expect(events.map(({ id }) => id)).toContain("k1");
    expect(events.filter(({ actions }) => actions.synthetic !== undefined)).toEqual([]);
    expect(transcript).not.toMatch(/No result|starts without/);
    expect(second.summary.originalEventCount).toBe(4);
    expect(second.window.map(({ id }) => id)).toEqual([second.summary.id]);
  });
});

test("`pinned: false` is no flag", async () => {
  const { sessions, session } = await decorated({ ...options, summarizer: stubSummarizer() });
  const off = { actions: { pinned: false, skipSummarization: false } };
  await appendAll(sessions, session, [
    u("q", { id: "u", ...off }),
    call("c", { id: "k", actions: { pinned: true } }),
    res("c", "r", { id: "r", ...off }),
    { author: "agent", message: new AIMessage("done"), id: "a", ...off },
  ]);
  const { summary } = summarized(await sessions.summarize(KEY, { force: true }));
  expect(summary.coverage.direct).toEqual(["u", "a"]);
  expect(shown((await sessions.getSession(KEY))?.events ?? [])).toEqual(["S", "k", "r"]);
});
