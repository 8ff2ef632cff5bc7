import {
  type EventInput,
  extractive,
  InMemorySessionService,
  isSessionfoldError,
  presets,
  SessionSummarizer,
  type SessionSummarizerOptions,
} from "@sessionfold/core";
import { expect, test } from "vitest";
import { a, call, numbered, res, u } from "../support/events.ts";
import { NOW, shown, summarized, turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { playing } from "../support/model-session.ts";
import { failure, skippedBecause } from "../support/outcomes.ts";
import { RecordingModel } from "../support/recording-model.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const WAYS: readonly SessionSummarizerOptions[] = [
  presets.trpcAgent({ keepEvents: 3 }),
  { keep: { turns: 1 } },
];

test("FAIL-01: when the model throws there is no summary, and all 10 events are there in their order", async () => {
  const server = await playing([play.overloaded()]);
  for (const options of WAYS) {
    const failing = { model: server.chat(), retry: { delaysMs: [0] } };
    const { sessions, session } = await decorated({ ...options, mode: "manual", ...failing });
    const events = numbered(turns(5));
    await appendAll(sessions, session, events);
    const error = failure(await sessions.summarize(session, { force: true }));
    expect(error.code).toBe("summarizer-failed");
    expect(error.cause).toMatchObject({ status: 503 });
    const ids = events.map(({ id }) => id);
    expect(ids).toHaveLength(10);
    for (const view of ["window", "full"] as const) {
      expect(shown((await sessions.getSession({ ...KEY, view }))?.events ?? [])).toEqual(ids);
    }
    expect(await sessions.getSummary(session)).toBeNull();
    // A call that works afterwards finds the session ready for it.
    summarized(await sessions.summarize(session, { force: true, model: new RecordingModel() }));
  }
});

test("FAIL-04: nothing to read is skipped without a call, and without a model the extract is written", async () => {
  const silent: readonly (readonly EventInput[])[] = [
    [],
    [u("  "), a(""), { author: "agent" }, a(" \n")],
    [{ author: "system" }, { author: "user" }],
  ];
  for (const options of [presets.trpcAgent({ keepEvents: 0 }), { keep: { turns: 0 } }]) {
    for (const events of silent) {
      const model = new RecordingModel();
      const sut = new SessionSummarizer({ ...options, trigger: () => true, model });
      for (const force of [true, false]) {
        const reason = skippedBecause(await sut.summarizeEvents(events, { force }));
        expect(["nothing-to-summarise", "not-triggered"]).toContain(reason);
      }
      expect(model.requests).toHaveLength(0);
      // The same summarizer is called once there is text.
      summarized(await sut.summarizeEvents([...events, a("some text")]));
      expect(model.requests).toHaveLength(1);
    }
    const events = numbered(turns(12));
    const without = summarized(await new SessionSummarizer(options).summarizeEvents(events, { force: true }));
    const given = new SessionSummarizer({ ...options, summarizer: extractive() });
    expect(without.summary.model).toBeNull();
    expect(without.summary.text).toContain("user: question ");
    expect(summarized(await given.summarizeEvents(events, { force: true })).summary.text).toBe(
      without.summary.text,
    );
  }
});

test("FAIL-06: a failed or empty summary writes nothing to the store", async () => {
  const answers: readonly [string, () => string][] = [
    ["empty-summary", () => ""],
    ["empty-summary", () => " \n\t "],
    ["empty-summary", () => undefined as unknown as string],
    ["empty-summary", () => null as unknown as string],
    ["summary-too-long", () => "x".repeat(900)],
    [
      "summarizer-failed",
      () => {
        throw new Error("no");
      },
    ],
  ];
  for (const options of WAYS) {
    for (const [code, answer] of answers) {
      let now = NOW;
      const inner = new InMemorySessionService({ clock: () => now++ });
      const summarizer = stubSummarizer((request) => (answering ? answer() : request.id));
      let answering = true;
      const { sessions, session } = await decorated({ ...options, mode: "manual", summarizer }, inner);
      await appendAll(sessions, session, turns(5));
      const before = await inner.getSession(KEY);
      expect(failure(await sessions.summarize(session, { force: true })).code).toBe(code);
      expect(summarizer.requests).toHaveLength(1);
      // Neither an entry nor the time of the last write changed.
      expect(await inner.getSession(KEY)).toEqual(before);
      expect(await sessions.listSummaries(session)).toEqual([]);
      expect(await sessions.getSummary(session)).toBeNull();
      // A summary that is written does change both.
      answering = false;
      summarized(await sessions.summarize(session, { force: true }));
      const after = await inner.getSession(KEY);
      expect(after?.events).toHaveLength(11);
      expect(after?.lastUpdateTime).not.toBe(before?.lastUpdateTime);
    }
  }
});

test("FAIL-07: without a store summarising works and throws nothing", async () => {
  const server = await playing([play.badRequest()]);
  for (const options of WAYS) {
    const sut = new SessionSummarizer({ ...options, model: new RecordingModel("the gist") });
    const { summary, window } = summarized(await sut.summarizeEvents(turns(5), { force: true }));
    expect(summary.text).toBe("the gist");
    expect(shown(window)[0]).toBe("S");
    const failing = new SessionSummarizer({ ...options, model: server.chat() });
    const error = failure(await failing.summarizeEvents(turns(5), { force: true }));
    expect(isSessionfoldError(error)).toBe(true);
    expect(error.code).toBe("summarizer-failed");
  }
});

test("a transcript format that throws costs no event and no append, only the summary", async () => {
  const format = {
    toolCall: () => {
      throw new Error("format");
    },
  };
  for (const options of WAYS) {
    const inner = new InMemorySessionService();
    const summarizer = stubSummarizer();
    const given = { ...options, keep: { events: 0 }, trigger: () => true, transcript: format, summarizer };
    const { sessions, session } = await decorated(given, inner);
    const events = numbered([u("weather?"), call("c1"), res("c1"), a("sunny"), u("thanks"), a("welcome")]);
    await appendAll(sessions, session, events);
    expect(shown((await inner.getSession(KEY))?.events ?? [])).toEqual(events.map(({ id }) => id));
    expect(failure(await sessions.summarize(session, { force: true })).cause).toMatchObject({
      message: "format",
    });
    expect(summarizer.requests).toHaveLength(0);
    expect(shown((await sessions.getSession(session))?.events ?? [])).toEqual(events.map(({ id }) => id));
  }
});
