import {
  compressionRatio,
  type EventInput,
  InMemorySessionService,
  isSummaryEvent,
  presets,
  SessionSummarizer,
  type SessionSummarizerOptions,
  SessionSummary,
  withSummaries,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, numbered, s, u } from "../support/events.ts";
import { fenced } from "../support/fenced.ts";
import { NOW, shown, summarized, turns } from "../support/folds.ts";
import { skippedBecause, textOf } from "../support/outcomes.ts";
import { RecordingModel } from "../support/recording-model.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const agentEvents = (count: number, from = 0): readonly EventInput[] =>
  Array.from({ length: count }, (_, at) => a(`msg${from + at}`, { id: `a${from + at}` }));

function record(originalEventCount: number, compressedEventCount: number): SessionSummary {
  return new SessionSummary({
    id: "s1",
    sessionId: "session-7",
    text: "the gist",
    coverage: { direct: ["e0"], replaces: [], omitted: [], fromSeq: 0, toSeq: 0, planSeq: 0 },
    originalEventCount,
    compressedEventCount,
    originalTokens: 100,
    summaryTokens: 2,
    createdAt: NOW,
    model: "gpt-x",
    trigger: "turns",
    usage: { inputTokens: 100, outputTokens: 2, totalTokens: 102 },
    durationMs: 5,
    level: 0,
    version: 1,
    metadata: { tag: "x" },
  });
}

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe("Compression ratio", () => {
  test("RAT-01: 100 events to 10 are 90 percent", async () => {
    expect(compressionRatio(100, 10)).toBe(90);
    expect(record(100, 10).compressionRatio).toBe(90);
    const options = presets.trpcAgent({ keepEvents: 9 });
    const sut = new SessionSummarizer({ ...options, summarizer: stubSummarizer() });
    const { summary, window } = summarized(await sut.summarizeEvents(agentEvents(100), { force: true }));
    expect([summary.originalEventCount, summary.compressedEventCount]).toEqual([100, 10]);
    expect(summary.compressionRatio).toBe(90);
    expect(window).toHaveLength(10);
  });

  test("RAT-02: nothing to nothing is 0 percent", () => {
    expect(compressionRatio(0, 0)).toBe(0);
    expect(record(0, 0).compressionRatio).toBe(0);
    // The rule is about an empty original only.
    expect(compressionRatio(10, 0)).toBe(100);
    expect(compressionRatio(10, 12)).toBe(-20);
  });

  test("RAT-04: 8 to 5, 13 to 5 and 39 to 5, as folds give them", async () => {
    const inner = new InMemorySessionService();
    const options = presets.trpcAgent({ turns: 3, keepEvents: 4 });
    const { sessions, session } = await decorated({ ...options, summarizer: stubSummarizer() }, inner);
    await appendAll(sessions, session, turns(14));
    const figures = (await sessions.listSummaries(session)).map((summary) => ({
      sizes: [summary.originalEventCount, summary.compressedEventCount],
      ratio: summary.compressionRatio,
    }));
    expect(figures.map(({ sizes }) => sizes)).toEqual([
      [8, 5],
      [13, 5],
      [13, 5],
    ]);
    expect(figures[0]?.ratio).toBe(37.5);
    expect(figures[1]?.ratio).toBeCloseTo(61.53846153846154, 9);
    expect((await sessions.getSession(session))?.events).toHaveLength(9);

    const manual = withSummaries(inner, { ...options, mode: "manual", summarizer: stubSummarizer() });
    await appendAll(manual, session, turns(15, 14));
    expect((await manual.getSession(session))?.events).toHaveLength(39);
    const { summary } = summarized(await manual.summarize(session, { force: true }));
    expect([summary.originalEventCount, summary.compressedEventCount]).toEqual([39, 5]);
    expect(Math.abs(summary.compressionRatio - 87.17948717948718)).toBeLessThanOrEqual(1e-9);
    expect((await manual.getSession(session))?.events).toHaveLength(5);
  });

  test("RAT-06: nothing to one event is 0 percent, and a record becomes a plain object with its fields", async () => {
    const summary = record(0, 1);
    expect(compressionRatio(0, 1)).toBe(0);
    expect(summary.compressionRatio).toBe(0);
    const plain: unknown = JSON.parse(JSON.stringify(summary));
    expect(plain).toMatchObject({
      compressionRatio: 0,
      originalEventCount: 0,
      compressedEventCount: 1,
      text: "the gist",
      createdAt: NOW,
      sessionId: "session-7",
      model: "gpt-x",
    });
    expect(Object.getPrototypeOf(summary.toJSON())).toBe(Object.prototype);
    expect(SessionSummary.fromJSON(plain)).toEqual(summary);
    // A record that a fold made, as the preset and as the defaults write it.
    for (const options of [presets.trpcAgent({ keepEvents: 2 }), { keep: { turns: 1 } }]) {
      const { sessions, session } = await decorated({
        ...options,
        mode: "manual",
        clock: () => NOW,
        model: new RecordingModel("gist"),
      });
      await appendAll(sessions, session, turns(3));
      const made = summarized(await sessions.summarize(session, { force: true })).summary.toJSON();
      expect(made).toMatchObject({
        compressionRatio: 50,
        originalEventCount: 6,
        compressedEventCount: 3,
        text: "gist",
        createdAt: NOW,
        sessionId: KEY.sessionId,
        model: "recording-model",
      });
    }
  });

  test("RAT-07: a lone event that its summary replaces is 0 percent", async () => {
    const options = presets.trpcAgent({ keepEvents: 0 });
    const sut = new SessionSummarizer({ ...options, summarizer: stubSummarizer() });
    const { summary, window } = summarized(await sut.summarizeEvents([a("hello")], { force: true }));
    expect([summary.originalEventCount, summary.compressedEventCount]).toEqual([1, 1]);
    expect(summary.compressionRatio).toBe(0);
    expect(shown(window)).toEqual(["S"]);
  });
});

describe("Re-summary", () => {
  test("RES-01: the summary before and the new events go into the next one, and it goes to history", async () => {
    const model = new RecordingModel("old summary", "new summary");
    const { sessions, session } = await decorated({
      ...presets.trpcAgent({ keepEvents: 20 }),
      mode: "manual",
      model,
    });
    await appendAll(sessions, session, agentEvents(100));
    const old = summarized(await sessions.summarize(session, { force: true, keep: { events: 0 } })).summary;
    await appendAll(sessions, session, agentEvents(81, 100));
    const before = (await sessions.getSession(session))?.events ?? [];
    expect(before).toHaveLength(82);
    expect(before[0]?.id).toBe(old.id);

    const { summary } = summarized(await sessions.summarize(session, { force: true }));
    const prompt = model.prompt();
    expect(model.requests).toHaveLength(2);
    expect(prompt).toContain("old summary");
    expect(prompt).toContain("msg100");
    expect(prompt).toContain("msg160");
    expect(prompt).not.toContain("msg161");
    // What the old summary covers is not read again.
    expect(prompt).not.toMatch(/msg99\b/);

    const window = (await sessions.getSession(session))?.events ?? [];
    expect(window).toHaveLength(21);
    const [first, ...tail] = window;
    expect(first?.id).toBe(summary.id);
    expect(first && isSummaryEvent(first)).toBe(true);
    expect(summary.id).not.toBe(old.id);
    expect(textOf(first)).toContain("new summary");
    expect(textOf(first)).not.toContain("old summary");
    expect(tail.map(textOf)).toEqual(Array.from({ length: 20 }, (_, at) => `msg${161 + at}`));
    const full = (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
    const history = full.filter((event) => !window.some(({ id }) => id === event.id));
    expect(history.map((event) => event.id)).toContain(old.id);
    expect(history.filter((event) => !isSummaryEvent(event))).toHaveLength(161);
    expect(summary.coverage.replaces).toEqual([old.id]);
  });

  test("RES-02: the previous summary and the answer are read, the preamble is not", async () => {
    const model = new RecordingModel("previous", "next");
    const { sessions, session } = await decorated({
      ...presets.trpcAgent({ keepEvents: 1 }),
      mode: "manual",
      model,
    });
    await appendAll(sessions, session, numbered([s("PREAMBLE"), u("first"), a("second")]));
    await sessions.summarize(session, { force: true, keep: { events: 0 } });
    await appendAll(sessions, session, [
      a("the answer", { id: "answer" }),
      u("the question", { id: "question" }),
    ]);
    const window = async () => shown((await sessions.getSession(session))?.events ?? []);
    expect(await window()).toEqual(["e0", "S", "answer", "question"]);
    await sessions.summarize(session, { force: true });
    expect(model.prompt()).toContain("previous");
    expect(model.prompt()).toContain("the answer");
    for (const unread of ["PREAMBLE", "the question"]) {
      expect(`${model.system()}\n${model.prompt()}`).not.toContain(unread);
    }
    expect(await window()).toEqual(["e0", "S", "question"]);
    expect((await sessions.getSummary(session))?.text).toBe("next");
  });

  test("RES-04: labels of summaries do not nest", async () => {
    const kinds: readonly [string, SessionSummarizerOptions][] = [
      ["Previous conversation summary:", presets.trpcAgent({ keepEvents: 2 })],
      ["[Untrusted record of the earlier conversation", { keep: { turns: 1 } }],
    ];
    for (const [label, options] of kinds) {
      const model = new RecordingModel("first gist", "second gist", "third gist");
      const { sessions, session } = await decorated({ ...options, mode: "manual", model });
      for (let round = 0; round < 3; round++) {
        await appendAll(sessions, session, turns(2, round * 2));
        summarized(await sessions.summarize(session, { force: true }));
        expect(model.prompt()).not.toContain(label);
      }
      expect(model.requests).toHaveLength(3);
      const [first] = (await sessions.getSession(session))?.events ?? [];
      expect(occurrences(textOf(first), label)).toBe(1);
      expect(textOf(first)).toContain("third gist");
      expect(occurrences(model.prompt(), "second gist")).toBe(1);
      expect(model.prompt()).not.toContain("first gist");
      // The previous text stands apart from the new events: before them, in a section of its own.
      expect(fenced(model.prompt(), "memory_so_far")).toBe("second gist");
      const rest = model.prompt().split("</memory_so_far")[1] ?? "";
      expect(rest).toContain("question 3");
      expect(rest).not.toContain("gist");
      // A prompt of one's own without a place for the previous text gets it before the new events, labelled once.
      const prompt = "Summarize: {conversation_text}";
      await appendAll(sessions, session, turns(2, 6));
      summarized(await sessions.summarize(session, { force: true, prompt }));
      expect(model.prompt()).toMatch(/^Summarize: .*\n {2}third gist\n\nuser: question 5/);
      expect(model.prompt()).not.toContain(label);
    }
  });

  test("RES-06: a second run without new events updates nothing", async () => {
    for (const keep of [{ turns: 0 }, { turns: 1 }]) {
      const answers = ["sum1", "sum2"];
      const summarizer = stubSummarizer(() => answers.shift() ?? "");
      const { sessions, session } = await decorated({
        mode: "manual",
        trigger: () => true,
        keep,
        summarizer,
      });
      await appendAll(sessions, session, turns(2));
      expect(summarized(await sessions.summarize(session)).summary.text).toBe("sum1");
      const log = (await sessions.getSession({ ...KEY, view: "full" }))?.events;
      expect((await sessions.summarize(session)).kind).toBe("skipped");
      expect((await sessions.getSummary(session))?.text).toBe("sum1");
      expect(summarizer.requests).toHaveLength(1);
      expect((await sessions.getSession({ ...KEY, view: "full" }))?.events).toEqual(log);
    }
  });

  test("RES-07: the same with force is skipped as nothing-new, without a call", async () => {
    for (const keep of [{ turns: 0 }, { turns: 1 }, { events: 2 }]) {
      const summarizer = stubSummarizer((request) => `sum${request.previous.length + 1}`);
      const { sessions, session } = await decorated({ mode: "manual", keep, summarizer });
      await appendAll(sessions, session, turns(2));
      await sessions.summarize(session, { force: true });
      for (let again = 0; again < 2; again++) {
        expect(skippedBecause(await sessions.summarize(session, { force: true }))).toBe("nothing-new");
      }
      expect(summarizer.requests).toHaveLength(1);
      expect((await sessions.listSummaries(session)).map(({ text }) => text)).toEqual(["sum1"]);
      // With something new it is summarised again.
      await appendAll(sessions, session, turns(2, 2));
      expect(summarized(await sessions.summarize(session, { force: true })).summary.text).toBe("sum2");
    }
  });

  test("RES-09: an earlier summary's message is part of the next selection", async () => {
    const options = presets.pipecat({ minMessagesAfterSummary: 4 });
    const numbers = Array.from({ length: 6 }, (_, at) => u(`${at}`, { id: `n${at}` }));
    // As a plain message, the way it stands in a context that came from elsewhere.
    const summarizer = stubSummarizer();
    const sut = new SessionSummarizer({ ...options, summarizer });
    const list = [s("system", { id: "s" }), u("Conversation summary: old", { id: "old" }), ...numbers];
    const outcome = summarized(await sut.summarizeEvents(list, { force: true }));
    expect(outcome.summary.coverage.direct).toEqual(["old", "n0", "n1"]);
    expect(outcome.summary.coverage.toSeq).toBe(3);
    expect(shown(outcome.window)).toEqual(["s", "S", "n2", "n3", "n4", "n5"]);
    expect(summarizer.requests[0]?.transcript).toContain("Conversation summary: old");

    // As a summary of ours.
    const again = stubSummarizer((request) => (request.previous.length === 0 ? "old" : "new"));
    const { sessions, session } = await decorated({ ...options, mode: "manual", summarizer: again });
    await appendAll(sessions, session, [s("system", { id: "s" }), u("hello there"), a("hi")]);
    await sessions.summarize(session, { force: true, keep: { events: 0 } });
    await appendAll(sessions, session, numbers);
    const window = (await sessions.getSession(session))?.events ?? [];
    expect(textOf(window[1])).toBe("Conversation summary: old");
    expect(shown(window)).toEqual(["s", "S", "n0", "n1", "n2", "n3", "n4", "n5"]);
    const { summary } = summarized(await sessions.summarize(session, { force: true }));
    expect(again.requests[1]?.previous.map(({ text }) => text)).toEqual(["old"]);
    expect(again.requests[1]?.events.map(({ id }) => id)).toEqual(["n0", "n1"]);
    expect(window[3]?.seq).toBe(summary.coverage.toSeq);
    expect(shown((await sessions.getSession(session))?.events ?? [])).toEqual([
      ...["s", "S", "n2", "n3", "n4", "n5"],
    ]);
  });
});
