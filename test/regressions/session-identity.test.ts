import {
  type AppendEventRequest,
  type EventInput,
  InMemorySessionService,
  InvalidEventError,
  type Session,
  type SessionEvent,
  type SessionService,
  type SummarizeOutcome,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { summarized } from "../support/folds.ts";
import { BlobSessionService } from "../support/foreign-services.ts";
import { skippedBecause, textOf } from "../support/outcomes.ts";
import { decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const OLD = [u("old secret", { id: "e1", timestamp: 1000 }), a("old answer", { id: "e2", timestamp: 2000 })];
const options = { mode: "manual", keep: { turns: 0 }, tokenCounter: (text: string) => text.length } as const;

const stores: readonly [string, () => SessionService][] = [
  ["in memory", () => new InMemorySessionService()],
  ["a foreign service without incarnation", () => new BlobSessionService()],
];

async function put(
  sessions: Pick<SessionService, "appendEvent" | "getSession">,
  events: readonly EventInput[],
): Promise<void> {
  for (const event of events) {
    const session = await sessions.getSession({ ...KEY, view: "full" });
    if (session === null) throw new Error("No session");
    await sessions.appendEvent({ session, event });
  }
}

async function texts(sessions: SessionService, view: "window" | "full" = "window"): Promise<string[]> {
  return ((await sessions.getSession({ ...KEY, view }))?.events ?? []).map(textOf);
}

describe.each(stores)("a session made anew under the key of a deleted one, %s", (_, makeStore) => {
  const others: readonly [string, readonly EventInput[]][] = [
    ["other ids", [u("hello", { id: "n1" }), a("hi", { id: "n2" })]],
    ["the same ids", [u("hello", { id: "e1", timestamp: 5000 }), a("hi", { id: "e2", timestamp: 6000 })]],
    [
      "the same ids and times",
      [u("hello", { id: "e1", timestamp: 1000 }), a("hi", { id: "e2", timestamp: 2000 })],
    ],
  ];

  test.each(others)("gets no summary of the run that was begun for that one, %s", async (_, events) => {
    for (const through of ["decorator", "store"] as const) {
      const inner = makeStore();
      let wrote = (): void => {};
      const written = new Promise<void>((resolve) => {
        wrote = resolve;
      });
      const { sessions } = await decorated(
        {
          ...options,
          summarizer: stubSummarizer(async () => {
            const by = through === "decorator" ? sessions : inner;
            await by.deleteSession(KEY);
            await by.createSession(KEY);
            await put(by, events);
            queueMicrotask(wrote);
            return "OLD";
          }),
        },
        inner,
      );
      await put(sessions, OLD);
      const outcome = await sessions.summarize(KEY, { force: true });
      expect(outcome.kind).toBe("skipped");
      await written;
      expect(await texts(sessions)).toEqual(["hello", "hi"]);
      expect(await texts(sessions, "full")).toEqual(["hello", "hi"]);
      expect(await sessions.listSummaries(KEY)).toEqual([]);
    }
  });

  test("is summarised by a run of its own, while that of the dead one still waits for its model", async () => {
    let release = (): void => {};
    const blocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    const summarizer = stubSummarizer(async ({ transcript }) => {
      if (transcript.includes("old")) await blocked;
      return `of ${transcript.includes("old") ? "old" : "new"}`;
    });
    const { sessions } = await decorated({ ...options, summarizer }, makeStore());
    await put(sessions, OLD);
    const first = sessions.summarize(KEY, { force: true });
    while (summarizer.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await sessions.deleteSession(KEY);
    await sessions.createSession(KEY);
    await put(sessions, [u("brand new question"), a("brand new answer")]);
    const second: SummarizeOutcome = await sessions.summarize(KEY, { force: true });
    release();
    expect(summarized(second).summary.text).toBe("of new");
    expect(skippedBecause(await first)).toBe("aborted");
    expect((await sessions.listSummaries(KEY)).map(({ text }) => text)).toEqual(["of new"]);
  });
});

describe("a foreign store", () => {
  test.each([
    ["at other times", 5000],
    ["at the same times", 1000],
  ])("that holds another session under the same key with the same ids shows that one, %s", async (_, at) => {
    const inner = new BlobSessionService();
    const { sessions } = await decorated({ ...options, summarizer: stubSummarizer() }, inner);
    await put(sessions, OLD);
    summarized(await sessions.summarize(KEY, { force: true }));
    await inner.deleteSession(KEY);
    await inner.createSession(KEY);
    await put(inner, [
      u("new words", { id: "e1", timestamp: at }),
      a("new answer", { id: "e2", timestamp: at + 1000 }),
    ]);
    expect(await texts(sessions)).toEqual(["new words", "new answer"]);
    expect(await sessions.listSummaries(KEY)).toEqual([]);
    await put(sessions, [u("more", { id: "e3" })]);
    expect(await texts(sessions)).toEqual(["new words", "new answer", "more"]);
  });

  test("that keeps seconds and trimmed text of what it is given folds in the append, like any other", async () => {
    const inner = new RoundingService();
    const { sessions, session } = await decorated(
      {
        summarizer: stubSummarizer(async () => {
          if (inner.appends === 4) await put(sessions, [u("meanwhile ", { id: "m", timestamp: 4321 })]);
          return "S";
        }),
        mode: "inline",
        keep: { turns: 0 },
        trigger: ({ userEvents }) => userEvents >= 2,
      },
      inner,
    );
    for (const [at, event] of [u("one "), a("two "), u("three "), a("four ")].entries())
      await sessions.appendEvent({ session, event: { ...event, id: `e${at}`, timestamp: 1234 + at } });
    const [summary] = await sessions.listSummaries(KEY);
    expect(summary?.coverage.direct).toEqual(["e0", "e1", "e2", "e3"]);
    const full = (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
    expect(full.filter(({ id }) => id !== summary?.id).map(textOf)).toEqual([
      "one",
      "two",
      "three",
      "four",
      "meanwhile",
    ]);
    expect(full.find(({ id }) => id === "e1")?.timestamp).toBe(1000);
    expect((await texts(sessions)).at(-1)).toBe("meanwhile");
  });

  test("whose events have no ids is refused, not given a new id at every read", async () => {
    const { sessions } = await decorated(
      { ...options, summarizer: stubSummarizer() },
      withStored({ id: undefined }),
    );
    await expect(sessions.getSession(KEY)).rejects.toThrow(InvalidEventError);
    await expect(sessions.getSession(KEY)).rejects.toThrow(/event\.id/);
  });

  test("may tell positions as numeric text", async () => {
    const { sessions } = await decorated(
      { ...options, summarizer: stubSummarizer() },
      withStored({ seq: "7" }),
    );
    expect((await sessions.getSession(KEY))?.events.map(({ id, seq }) => [id, seq])).toEqual([["e1", 7]]);
  });
});

/** Keeps times in whole seconds and text without space around it. */
class RoundingService extends BlobSessionService {
  appends = 0;

  override async appendEvent(request: AppendEventRequest): Promise<SessionEvent> {
    this.appends++;
    const stored = (await super.appendEvent(request)) as unknown as {
      timestamp: number;
      message: { data: { content: string } };
    };
    stored.timestamp = Math.floor(stored.timestamp / 1000) * 1000;
    stored.message.data.content = stored.message.data.content.trim();
    this.save(request.session as Session);
    return stored as unknown as SessionEvent;
  }
}

/** A store that holds one event with some fields as nobody expects them. */
function withStored(fields: Record<string, unknown>): SessionService {
  const inner = new BlobSessionService();
  const event = {
    id: "e1",
    seq: 0,
    author: "user",
    message: { type: "human", content: "hi" },
    timestamp: 1,
    actions: {},
  };
  const session = (): Session =>
    ({
      ...KEY,
      id: KEY.sessionId,
      state: {},
      events: [{ ...event, ...fields }],
      lastUpdateTime: 0,
    }) as unknown as Session;
  return {
    createSession: (request) => inner.createSession(request),
    getSession: async () => session(),
    listSessions: () => inner.listSessions(),
    deleteSession: (request) => inner.deleteSession(request),
    appendEvent: (request) => inner.appendEvent(request),
  };
}
