import {
  ConfigurationError,
  extractive,
  InMemorySessionService,
  presets,
  SessionSummarizer,
  SessionSummary,
  withSummaries,
} from "@sessionfold/core";
import { expect, test } from "vitest";
import { a, numbered, u } from "../support/events.ts";
import { shown, summarized, turns } from "../support/folds.ts";
import { skippedBecause } from "../support/outcomes.ts";
import { RecordingModel } from "../support/recording-model.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

test("MGR-01: a model is enough: the defaults, by themselves, and on a plain list without a store", async () => {
  const cases = [
    { options: {}, due: 100, keep: { turns: 10, maxTokens: 8000 }, kept: 20 },
    { options: presets.trpcAgent(), due: 101, keep: { events: 10 }, kept: 10 },
  ];
  for (const { options, due, keep, kept } of cases) {
    const model = new RecordingModel("the gist");
    const { sessions, session } = await decorated({ ...options, model });
    expect(sessions.metadata).toEqual({
      model: "recording-model",
      modelAvailable: true,
      maxSummaryLength: 1000,
      keep,
    });
    const events = numbered(turns(due));
    await appendAll(sessions, session, events.slice(0, -2));
    expect(model.requests).toHaveLength(0);
    await appendAll(sessions, session, events.slice(-2));
    expect(model.requests).toHaveLength(1);
    const window = shown((await sessions.getSession(session))?.events ?? []);
    expect(window).toEqual(["S", ...events.slice(-kept).map(({ id }) => id)]);

    const alone = new SessionSummarizer({ ...options, model });
    expect(skippedBecause(await alone.summarizeEvents(events.slice(0, -2)))).toBe("not-triggered");
    expect(model.requests).toHaveLength(1);
    for (const sut of [alone, sessions]) {
      const outcome = summarized(await sut.summarizeEvents(events));
      expect(outcome.summary.text).toBe("the gist");
      expect(outcome.summary.model).toBe("recording-model");
      expect(shown(outcome.window)).toEqual(window);
    }
    expect(model.requests).toHaveLength(3);
  }
});

test("MGR-02: decorating a decorated service is an error, and there are no setters", async () => {
  const sessions = withSummaries(new InMemorySessionService(), { summarizer: stubSummarizer("one") });
  for (const options of [{}, presets.trpcAgent(), { mode: "manual" as const }]) {
    expect(() => withSummaries(sessions, options)).toThrow(ConfigurationError);
  }
  const members = new Set<string>();
  for (let at: object | null = sessions; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    for (const name of Object.getOwnPropertyNames(at)) {
      members.add(name);
      if (at !== Object.prototype) expect(Object.getOwnPropertyDescriptor(at, name)?.set).toBeUndefined();
    }
  }
  expect(members).toContain("summarize");
  expect([...members].filter((name) => /^set/i.test(name))).toEqual([]);
  // One store may have two decorators side by side, each with its own summarizer.
  const inner = new InMemorySessionService();
  const first = await decorated({ mode: "manual", summarizer: stubSummarizer("one") }, inner);
  const second = withSummaries(inner, { mode: "manual", summarizer: stubSummarizer("two") });
  await appendAll(first.sessions, first.session, turns(3));
  const options = { force: true, keep: { turns: 1 } };
  summarized(await first.sessions.summarize(KEY, options));
  await appendAll(second, first.session, turns(3, 3));
  summarized(await second.summarize(KEY, options));
  expect((await second.listSummaries(KEY)).map(({ text }) => text)).toEqual(["one", "two"]);
});

test("MGR-04: the record is found by app, user and session, and by nothing else", async () => {
  const { sessions, session } = await decorated({
    ...presets.trpcAgent({ keepEvents: 2 }),
    mode: "manual",
    summarizer: stubSummarizer(),
  });
  await appendAll(sessions, session, turns(3));
  expect(await sessions.getSummary(KEY)).toBeNull();
  const { summary } = summarized(await sessions.summarize(session, { force: true }));
  expect(await sessions.getSummary(KEY)).toEqual(summary);
  const others = [
    { ...KEY, appName: "other" },
    { ...KEY, userId: "other" },
    { ...KEY, sessionId: "other" },
  ];
  for (const key of others) expect(await sessions.getSummary(key)).toBeNull();
  // Nor do sessions that exist there, without a record of their own.
  for (const key of others) {
    await sessions.createSession(key);
    expect(await sessions.getSummary(key)).toBeNull();
  }
  expect(await sessions.getSummary(KEY, { scope: "agent" })).toBeNull();
  expect(await sessions.getSummary(KEY)).toEqual(summary);
});

test("MGR-06: without a model the metadata say so", async () => {
  for (const options of [{}, presets.trpcAgent(), presets.pipecat(), { summarizer: extractive() }]) {
    for (const { metadata } of [
      new SessionSummarizer(options),
      withSummaries(new InMemorySessionService(), options),
    ]) {
      expect(metadata.model).toBeNull();
      expect(metadata.modelAvailable).toBe(false);
    }
  }
  const named = new SessionSummarizer({ summarizer: stubSummarizer() }).metadata;
  expect([named.model, named.modelAvailable]).toEqual(["stub-model", true]);
});

test("MGR-07: the record carries the summary as its text; without one it is null", async () => {
  const inner = new InMemorySessionService();
  const { sessions, session } = await decorated(
    { ...presets.trpcAgent({ keepEvents: 2 }), mode: "manual", summarizer: stubSummarizer("the gist") },
    inner,
  );
  expect(await sessions.getSummary(session)).toBeNull();
  await appendAll(sessions, session, [u("hello"), a("hi"), u("tea?"), a("yes")]);
  expect(await sessions.getSummary(session)).toBeNull();
  await sessions.summarize(session, { force: true });
  for (const service of [sessions, withSummaries(inner)]) {
    const record = await service.getSummary(session);
    expect(record).toBeInstanceOf(SessionSummary);
    expect(record?.text).toBe("the gist");
    expect(record?.sessionId).toBe(KEY.sessionId);
  }
});
