import {
  type EventInput,
  eventToJson,
  FoldedLog,
  InMemorySessionService,
  isSummaryEvent,
  presets,
  type SessionEvent,
  type SessionSummarizerOptions,
  SessionSummary,
  windowOf,
  withSummaries,
} from "@sessionfold/core";
import { expect, test } from "vitest";
import { a, numbered, s } from "../support/events.ts";
import { NOW, shown, summarized, turns } from "../support/folds.ts";
import { logged, textOf } from "../support/outcomes.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const agentEvents = (count: number): readonly EventInput[] =>
  Array.from({ length: count }, (_, at) => a(`message ${at}`));

const ids = (events: readonly SessionEvent[]): readonly string[] => events.map((event) => event.id);

test("EVT-01: the first event of the window is a summary by the system in the user's role", async () => {
  for (const options of [presets.trpcAgent({ keepEvents: 3 }), { keep: { events: 3 } }]) {
    const { sessions, session } = await decorated({
      ...options,
      mode: "manual",
      summarizer: stubSummarizer("the gist"),
    });
    await appendAll(sessions, session, agentEvents(10));
    const outcome = summarized(await sessions.summarize(session, { force: true }));
    const window = (await sessions.getSession(session))?.events ?? [];
    expect(window).toHaveLength(4);
    const [first, ...rest] = window;
    expect(first && isSummaryEvent(first)).toBe(true);
    expect(first?.author).toBe("system");
    expect(first?.message?.type).toBe("human");
    expect(textOf(first)).toContain("the gist");
    expect(SessionSummary.fromJSON(first?.actions.summary).id).toBe(outcome.summary.id);
    expect(rest.some(isSummaryEvent)).toBe(false);
    expect(rest.map(textOf)).toEqual(["message 7", "message 8", "message 9"]);
  }
});

test("EVT-04: the removed raw events are the history, in order", async () => {
  for (const options of [presets.trpcAgent({ keepEvents: 2 }), { keep: { events: 2 } }]) {
    const { sessions, session } = await decorated({
      ...options,
      mode: "manual",
      summarizer: stubSummarizer(),
    });
    await appendAll(sessions, session, numbered(agentEvents(5)));
    const history = async (): Promise<readonly SessionEvent[]> => {
      const full = (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
      const window = new Set(ids((await sessions.getSession(session))?.events ?? []));
      return full.filter((event) => !window.has(event.id));
    };
    expect(await history()).toEqual([]);
    await sessions.summarize(session, { force: true });
    expect(ids(await history())).toEqual(["e0", "e1", "e2"]);
    expect((await history()).map(textOf)).toEqual(["message 0", "message 1", "message 2"]);
    const window = (await sessions.getSession(session))?.events ?? [];
    expect(shown(window)).toEqual(["S", "e3", "e4"]);
  }
});

test("EVT-07: the summary stands before the kept events after every reload (in memory)", async () => {
  // The summary is younger than what is kept, the kept events carry the same or falling times.
  const times: readonly ((at: number) => number)[] = [
    (at) => NOW - 100_000 + at,
    () => NOW - 100_000,
    (at) => NOW - at,
  ];
  for (const options of [presets.trpcAgent({ keepEvents: 4 }), { keep: { turns: 2 } }]) {
    for (const timestamp of times) {
      const inner = new InMemorySessionService();
      const settings = { ...options, mode: "manual" as const, clock: () => NOW };
      const { sessions, session } = await decorated({ ...settings, summarizer: stubSummarizer() }, inner);
      const events = turns(6).map((event, at) => ({ ...event, id: `e${at}`, timestamp: timestamp(at) }));
      await appendAll(sessions, session, events.slice(0, 8));
      await sessions.summarize(session, { force: true });
      const reload = async (): Promise<readonly string[]> => {
        const other = withSummaries(inner, { ...settings, summarizer: stubSummarizer() });
        return shown((await other.getSession(KEY))?.events ?? []);
      };
      expect(await reload()).toEqual(["S", "e4", "e5", "e6", "e7"]);
      await appendAll(sessions, session, events.slice(8));
      expect(await reload()).toEqual(["S", "e4", "e5", "e6", "e7", "e8", "e9", "e10", "e11"]);
      await sessions.summarize(session, { force: true });
      expect(await reload()).toEqual(["S", "e8", "e9", "e10", "e11"]);
      // In the log it stands behind them: its place in the window is not its place in the store.
      const stored = (await inner.getSession(KEY))?.events ?? [];
      expect(shown(stored)).toEqual([
        ...events.slice(0, 8).map((event) => event.id),
        "S",
        ...events.slice(8).map((event) => event.id),
        "S",
      ]);
    }
  }
});

test("EVT-12: raw events stay as they were, and the boundary names the last one covered", async () => {
  const inner = new InMemorySessionService();
  const { sessions, session } = await decorated(
    { mode: "manual", keep: { turns: 1 }, summarizer: stubSummarizer() },
    inner,
  );
  const given = numbered([s("be kind"), ...turns(4)]);
  await appendAll(sessions, session, given);
  const raw = async (): Promise<readonly string[]> =>
    ((await inner.getSession(KEY))?.events ?? [])
      .filter((event) => !isSummaryEvent(event))
      .map((event) => JSON.stringify(eventToJson(event)));
  const before = await raw();
  expect(before).toHaveLength(9);
  const { summary } = summarized(await sessions.summarize(session, { force: true }));
  expect(await raw()).toEqual(before);
  expect(summary.coverage.direct).toEqual(["e1", "e2", "e3", "e4", "e5", "e6"]);
  const stored = (await inner.getSession(KEY))?.events ?? [];
  expect(stored.find((event) => event.seq === summary.coverage.toSeq)?.id).toBe("e6");
  expect(stored.find((event) => event.seq === summary.coverage.fromSeq)?.id).toBe("e1");
  const unfolded = await sessions.unfold(session, summary.id);
  expect(unfolded.map(({ id, author, timestamp }) => ({ id, author, timestamp }))).toEqual(
    given.slice(1, 7).map(({ id, author, timestamp }) => ({ id, author, timestamp })),
  );
  expect(unfolded.map((event) => JSON.stringify(eventToJson(event)))).toEqual(before.slice(1, 7));
});

test("EVT-14: a summary within a later, wider one is hidden", async () => {
  const expected = ["Summary 1-3", "message 4", "message 6", "message 7", "message 9"];
  const summaryEvent = (id: string, text: string, direct: readonly string[]): EventInput => ({
    id,
    author: "system",
    message: { role: "user", content: text },
    actions: { summary: { ...blank(id), text, coverage: { ...NO_COVERAGE, direct } } },
  });
  const log = logged(
    Array.from({ length: 9 }, (_, index) => {
      const at = index + 1;
      if (at === 5) return summaryEvent("e5", "Summary 1-1", ["e1"]);
      if (at === 8) return summaryEvent("e8", "Summary 1-3", ["e1", "e2", "e3"]);
      return a(`message ${at}`, { id: `e${at}` });
    }),
  );
  const body = (events: readonly SessionEvent[]): readonly string[] => events.map(textOf);
  expect(body(windowOf(FoldedLog.of(log)))).toEqual(expected);
  // Without the wider one the narrow one stands.
  const narrow = FoldedLog.of(log.filter((event) => event.id !== "e8"));
  expect(body(windowOf(narrow))[0]).toBe("Summary 1-1");

  // The same by folding, through a store.
  const answers = ["Summary 1-1", "Summary 1-3"];
  const summarizer = stubSummarizer(() => answers.shift() ?? "");
  const options: SessionSummarizerOptions = {
    keep: { events: 3 },
    summaryMessage: { template: "{summary}" },
  };
  const { sessions, session } = await decorated({ ...options, mode: "manual", summarizer });
  const messages = (numbers: readonly number[]) => numbers.map((at) => a(`message ${at}`));
  await appendAll(sessions, session, messages([1, 2, 3, 4]));
  await sessions.summarize(session, { force: true });
  await appendAll(sessions, session, messages([6, 7]));
  await sessions.summarize(session, { force: true });
  await appendAll(sessions, session, messages([9]));
  expect(body((await sessions.getSession(session))?.events ?? [])).toEqual(expected);
  const status = (await sessions.listSummaryStatus(session)).map(({ summary, status }) => [
    summary.text,
    status,
  ]);
  expect(status).toEqual([
    ["Summary 1-1", "superseded"],
    ["Summary 1-3", "effective"],
  ]);
});

const NO_COVERAGE = { direct: [], replaces: [], omitted: [], fromSeq: 0, toSeq: 0, planSeq: 0 };

function blank(id: string) {
  return {
    id,
    sessionId: "session-1",
    originalEventCount: 0,
    compressedEventCount: 0,
    originalTokens: 0,
    summaryTokens: 0,
    createdAt: NOW,
    model: null,
    trigger: "force",
    usage: null,
    durationMs: 0,
    version: 1,
    metadata: {},
  };
}
