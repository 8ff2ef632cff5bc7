import {
  type EventInput,
  eventToJson,
  FoldedLog,
  InMemorySessionService,
  isConversationEvent,
  type KeepPolicy,
  type SessionService,
  SessionSummarizer,
  tokenThreshold,
  withSummaries,
} from "@sessionfold/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BlobSessionService,
  LiveObjectService,
  ReplacingService,
  TimestampOrderedService,
} from "../support/foreign-services.ts";
import { conversationOf, histories } from "../support/histories.ts";
import { requestProblems } from "../support/provider-rules.ts";
import { KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const RUNS = Number(process.env.SESSIONFOLD_FUZZ_RUNS ?? 4000) / 20;
const OTHER = { ...KEY, userId: "user-2" };

const stores: readonly [string, () => SessionService][] = [
  ["in memory", () => new InMemorySessionService()],
  ["one blob a session", () => new BlobSessionService()],
  ["ordered by timestamp", () => new TimestampOrderedService()],
  ["replacing on equal id", () => new ReplacingService()],
  ["live objects", () => new LiveObjectService()],
];

const keeps = fc.constantFrom<KeepPolicy>(
  { turns: 2 },
  { turns: 0 },
  { events: 3 },
  { events: 3, align: "round" },
  { tokens: 20 },
  { turns: 3, maxTokens: 15 },
  (events) => Math.floor(events.length / 2),
);

describe.each(stores)("a decorated service, %s", (_, makeStore) => {
  test("invariants 1, 2, 3, 5, 6, 7, 8 hold after every append, whatever folds, fails, is retried or reopened", async () => {
    await fc.assert(
      fc.asyncProperty(
        histories(30),
        keeps,
        fc.integer({ min: 8, max: 60 }),
        fc.nat({ max: 5 }),
        async (steps, keep, trigger, mood) => {
          let calls = 0;
          const summarizer = new SessionSummarizer({
            // Every so often the model fails, or has nothing to say.
            summarizer: stubSummarizer(() => {
              calls++;
              if (mood > 0 && calls % (mood + 1) === 0) throw new Error("model down");
              return mood === 5 && calls % 3 === 0 ? "  " : "S";
            }),
            keep,
            trigger: tokenThreshold(trigger),
            tokenCounter: (text) => Math.ceil(text.length / 3),
            timeoutMs: null,
          });
          const inner = makeStore();
          let sessions = withSummaries(inner, { summarizer, mode: "inline" });
          const session = await sessions.createSession(KEY);
          await sessions.createSession(OTHER);
          const appended: string[] = [];
          for (const [at, event] of conversationOf(steps).entries()) {
            const stored = await sessions.appendEvent({ session, event });
            appended.push(stored.id);
            await sessions.appendEvent({ session, event: { ...event, id: `piece${at}`, partial: true } });
            if (at % 5 === 0)
              await sessions.appendEvent({ session, event: { ...event, message: "another text" } });
            if (at % 7 === 3) sessions = withSummaries(inner, { summarizer, mode: "inline" });

            const full = await sessions.getSession({ ...KEY, view: "full" });
            const raw = (full?.events ?? []).filter(isConversationEvent);
            expect(raw.map(({ id }) => id)).toEqual(appended);
            const window = await sessions.getSession(KEY);
            const messages = (window?.events ?? []).flatMap(({ message }) =>
              message === undefined ? [] : [message],
            );
            expect(requestProblems(messages, { openRoundLast: true })).toEqual([]);
          }
          for (const { summary, status } of await sessions.listSummaryStatus(KEY)) {
            expect(["effective", "superseded"]).toContain(status);
            const covered = await sessions.unfold(KEY, summary.id);
            const originals = (await sessions.getSession({ ...KEY, view: "full" }))?.events.filter(({ id }) =>
              covered.some((event) => event.id === id),
            );
            expect(covered.map((event) => JSON.stringify(eventToJson(event)))).toEqual(
              originals?.map((event) => JSON.stringify(eventToJson(event))),
            );
            expect(summary.compressionRatio).toBeCloseTo(
              ((summary.originalEventCount - summary.compressedEventCount) / summary.originalEventCount) *
                100,
              9,
            );
          }
          expect((await sessions.getSession({ ...OTHER, view: "full" }))?.events).toEqual([]);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test("concurrent callers with stale copies lose nothing, and nobody summarises twice at once", async () => {
    let running = 0;
    let most = 0;
    const summarizer = stubSummarizer(async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 3));
      running--;
      return "S";
    });
    const sessions = withSummaries(makeStore(), {
      summarizer,
      mode: "inline",
      trigger: () => true,
      keep: { turns: 1 },
    });
    const session = await sessions.createSession(KEY);
    const copies = await Promise.all([1, 2, 3, 4].map(async () => ({ ...session, events: [] })));
    const events = Array.from(
      { length: 60 },
      (_, at): EventInput => ({
        id: `m${at}`,
        author: at % 2 === 0 ? "user" : "agent",
        message: `line ${at}`,
      }),
    );
    await Promise.all(
      events.map((event, at) => sessions.appendEvent({ session: copies[at % 4] ?? session, event })),
    );
    const full = await sessions.getSession({ ...KEY, view: "full" });
    const raw = (full?.events ?? []).filter(isConversationEvent).map(({ id }) => id);
    expect([...raw].sort()).toEqual(events.map(({ id }) => id).sort());
    expect(most).toBe(1);
    expect((await sessions.listSummaries(KEY)).length).toBeGreaterThan(0);
  });
});

test("invariant 4: what keep asks for within its cap is there verbatim, and so are pins and the current user message", async () => {
  await fc.assert(
    fc.asyncProperty(
      histories(30),
      fc.integer({ min: 0, max: 6 }),
      fc.option(fc.integer({ min: 5, max: 60 }), { nil: undefined }),
      async (steps, count, maxTokens) => {
        const tokenCounter = (text: string): number => text.length;
        const sessions = withSummaries(new InMemorySessionService(), {
          summarizer: stubSummarizer("S"),
          mode: "manual",
          keep: { events: count, align: "round", ...(maxTokens !== undefined && { maxTokens }) },
          tokenCounter,
          maxSummaryLength: null,
        });
        const session = await sessions.createSession(KEY);
        for (const event of conversationOf(steps)) await sessions.appendEvent({ session, event });
        const before = (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
        await sessions.summarize(KEY, { force: true });
        const window = (await sessions.getSession(KEY))?.events ?? [];
        const shown = new Map(window.map((event) => [event.id, event.message?.text]));
        const hasText = (text: string | undefined): boolean => text !== undefined && text !== "";
        // A flag holds for its whole tool round, and a pin in it beats a skip.
        const log = FoldedLog.of(before);
        const isSkipped = (id: string): boolean =>
          before.some((event) => event.id === id && log.isSkipped(event));
        let left = count;
        let tokens = maxTokens ?? Number.POSITIVE_INFINITY;
        for (const event of [...before].reverse()) {
          // A skipped event does not count as kept, but while it stands in the tail it takes its room.
          tokens -= tokenCounter(event.message?.text ?? "") + (event.message?.type === "ai" ? 40 : 0);
          if (tokens < 0) break;
          if (isSkipped(event.id)) continue;
          if (left-- <= 0) break;
          const alone = event.message?.type === "human" || event.message?.type === "system";
          if (alone && hasText(event.message?.text)) expect(shown.get(event.id)).toBe(event.message?.text);
        }
        for (const event of before) {
          if (event.actions.pinned === true && event.message?.type === "human")
            expect(shown.get(event.id)).toBe(event.message.text);
        }
        const lastUser = before.findLast((event) => event.author === "user");
        const answered = before
          .slice(lastUser === undefined ? 0 : before.indexOf(lastUser))
          .findLast((event) => event.message?.type === "ai" || event.message?.type === "tool");
        const open =
          answered === undefined ||
          answered.message?.type === "tool" ||
          (answered.message as { tool_calls?: unknown[] }).tool_calls?.length !== 0;
        if (lastUser !== undefined && open && !isSkipped(lastUser.id))
          expect(shown.get(lastUser.id)).toBe(lastUser.message?.text);
      },
    ),
    { numRuns: RUNS * 5 },
  );
});

test("invariant 9: each event is tokenised at most once", async () => {
  const seen = new Map<string, number>();
  const sessions = withSummaries(new InMemorySessionService(), {
    summarizer: stubSummarizer("S"),
    mode: "inline",
    trigger: tokenThreshold(200),
    keep: { turns: 3, maxTokens: 100 },
    tokenCounter: (text) => {
      seen.set(text, (seen.get(text) ?? 0) + 1);
      return text.length;
    },
  });
  const session = await sessions.createSession(KEY);
  for (let at = 0; at < 200; at++) {
    await sessions.appendEvent({
      session,
      event: { author: at % 2 === 0 ? "user" : "agent", message: `unique line ${at}` },
    });
    await sessions.getSession(KEY);
  }
  const lines = [...seen].filter(([text]) => text.startsWith("unique line"));
  expect(lines.length).toBe(200);
  expect(lines.filter(([, times]) => times > 1)).toEqual([]);
  expect((await sessions.listSummaries(KEY)).length).toBeGreaterThan(3);
});

test("invariant 7: a retried append whose acknowledgement was lost is stored once, and the caller's copy has it once", async () => {
  const inner = new InMemorySessionService();
  let lose = true;
  const lossy: SessionService = {
    createSession: (request) => inner.createSession(request),
    getSession: (request) => inner.getSession(request),
    listSessions: (request) => inner.listSessions(request),
    deleteSession: (request) => inner.deleteSession(request),
    appendEvent: async (request) => {
      const stored = await inner.appendEvent(request);
      if (lose) throw new Error("connection lost");
      return stored;
    },
  };
  const sessions = withSummaries(lossy, { mode: "inline" });
  const session = await sessions.createSession(KEY);
  const event = { id: "once", author: "user", message: "hello" };
  await expect(sessions.appendEvent({ session, event })).rejects.toThrow("connection lost");
  lose = false;
  await sessions.appendEvent({ session, event });
  await sessions.appendEvent({ session, event });
  expect((await inner.getSession(KEY))?.events.map(({ id }) => id)).toEqual(["once"]);
  expect(session.events.map(({ id }) => id)).toEqual(["once"]);
});

test("what is handed out is the caller's to keep: changing it changes nothing in the store", async () => {
  const sessions = withSummaries(new InMemorySessionService(), {
    summarizer: stubSummarizer("S"),
    mode: "manual",
    keep: { turns: 0 },
  });
  const session = await sessions.createSession({ ...KEY, state: { list: [1] } });
  const message = { role: "user", content: [{ type: "text", text: "original" }] };
  await sessions.appendEvent({ session, event: { id: "e0", author: "user", message } });
  await sessions.appendEvent({ session, event: { id: "e1", author: "agent", message: "answer" } });
  const texts = async () =>
    (await sessions.getSession({ ...KEY, view: "full" }))?.events.map((event) => event.message?.text);
  const before = await texts();
  for (const view of ["full", "window"] as const) {
    const got = await sessions.getSession({ ...KEY, view });
    if (got === null) throw new Error("no session");
    for (const event of got.events) if (event.message !== undefined) event.message.content = "changed";
    got.events.length = 0;
    (got.state.list as number[]).push(2);
  }
  for (const event of session.events) if (event.message !== undefined) event.message.content = "changed";
  expect(await texts()).toEqual(before);
  expect(before).toEqual(["original", "answer"]);
  expect((await sessions.getSession(KEY))?.state).toEqual({ list: [1] });
});
