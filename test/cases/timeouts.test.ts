import {
  ConfigurationError,
  InMemorySessionService,
  presets,
  SessionSummarizer,
  type SummarizeOutcome,
  withSummaries,
} from "@sessionfold/core";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { a } from "../support/events.ts";
import { summarized, turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { modelSession, playing, warmUp } from "../support/model-session.ts";
import { failure } from "../support/outcomes.ts";
import { appendAll, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

/** Pipecat's preset and our defaults, with its short limit of the cases. */
const WAYS = [
  presets.pipecat({ minMessagesAfterSummary: 2, summarizationTimeout: 0.1 }),
  { keep: { turns: 1 }, timeoutMs: 100 },
] as const;

beforeAll(warmUp);
afterEach(() => {
  vi.useRealTimers();
});

test("TMO-01: a model slower than the limit of 0.1 s is one failed outcome that says it timed out, reported once", async () => {
  for (const options of WAYS) {
    const server = await playing([play.late(5000, "Too late.")]);
    const reported: SummarizeOutcome[] = [];
    const onOutcome = (outcome: SummarizeOutcome): number => reported.push(outcome);
    const { sessions, expectUntouched } = await modelSession({ ...options, model: server.chat(), onOutcome });
    const outcome = await sessions.summarize(KEY, { force: true });
    const error = failure(outcome);
    expect(error).toMatchObject({ code: "timeout", transient: true, sessionId: KEY.sessionId });
    expect(error.message).toMatch(/timed out after 100 ms/);
    expect(reported).toEqual([outcome]);
    await expectUntouched();
    await server.idle();
    expect(server.calls.map(({ aborted }) => aborted)).toEqual([true]);
  }
});

test("TMO-02: after a model of its own was too slow the window is as it was, and a new summarisation may start", async () => {
  for (const options of WAYS) {
    const server = await playing(play.byModel({ "gpt-4o-mini": [play.hang(), "In time."] }));
    const model = server.chat();
    const { sessions, expectUntouched, window } = await modelSession({ ...options, model });
    expect(failure(await sessions.summarize(KEY, { force: true })).code).toBe("timeout");
    await expectUntouched();
    const again = sessions.summarize(KEY, { force: true, timeoutMs: 60_000 });
    expect(summarized(await again).summary.text).toBe("In time.");
    expect(await window()).toEqual(["S", "e6", "e7"]);
  }
});

test("TMO-04: without a time limit of one's own it is 120 s", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  for (const options of [presets.pipecat({ minMessagesAfterSummary: 1 }), { keep: { turns: 1 } }]) {
    const summarizer = stubSummarizer(() => new Promise<string>(() => {}));
    const sut = new SessionSummarizer({ ...options, summarizer });
    let outcome: SummarizeOutcome | undefined;
    const run = sut.summarizeEvents(turns(4), { force: true }).then((given) => {
      outcome = given;
    });
    await vi.advanceTimersByTimeAsync(119_999);
    expect(summarizer.requests).toHaveLength(1);
    expect(outcome).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await run;
    expect(outcome).toMatchObject({ kind: "failed", error: { code: "timeout" } });
  }
});

test("TMO-06: a time limit of 0 or below is a configuration error, null is none", () => {
  for (const timeoutMs of [0, -1, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]) {
    expect(() => new SessionSummarizer({ timeoutMs })).toThrow(ConfigurationError);
    expect(() => new SessionSummarizer({ timeoutMs })).toThrow(/`timeoutMs`/);
    expect(() => withSummaries(new InMemorySessionService(), { timeoutMs })).toThrow(ConfigurationError);
  }
  for (const summarizationTimeout of [0, -1]) {
    expect(() => new SessionSummarizer(presets.pipecat({ summarizationTimeout }))).toThrow(/`timeoutMs`/);
  }
  expect(new SessionSummarizer({ timeoutMs: null }).options.timeoutMs).toBeNull();
});

test("TMO-06: for a single call, too, and the call changes nothing", async () => {
  const { sessions, expectUntouched } = await modelSession({ summarizer: stubSummarizer() });
  for (const timeoutMs of [0, -1]) {
    await expect(sessions.summarize(KEY, { force: true, timeoutMs })).rejects.toThrow(/`timeoutMs`/);
  }
  await expectUntouched();
});

test("TMO-07: an answer that arrives after the time limit is ignored, even if its request was the last one", async () => {
  for (const options of WAYS) {
    // A summarizer that heeds no signal: its answer does come.
    let answer = (_: string): void => {};
    const late = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const summarizer = stubSummarizer(() => late);
    const { sessions, expectUntouched } = await modelSession({ ...options, summarizer });
    expect(failure(await sessions.summarize(KEY, { force: true })).code).toBe("timeout");
    answer("Too late.");
    await new Promise((resolve) => setImmediate(resolve));
    await sessions.flush();
    expect(summarizer.requests).toHaveLength(1);
    await expectUntouched();

    const server = await playing([play.late(150, "Too late.")]);
    const overHttp = await modelSession({ ...options, model: server.chat() });
    expect(failure(await overHttp.sessions.summarize(KEY, { force: true })).code).toBe("timeout");
    await server.idle();
    await overHttp.expectUntouched();
  }
});

test("INP-12: two calls at once for a session with one event ask the model once and get the same summary", async () => {
  const server = await playing([play.late(50, "One event.")]);
  const { sessions, session, log } = await modelSession({ keep: { turns: 0 }, model: server.chat() }, []);
  await appendAll(sessions, session, [a("a long enough line of the agent that opens the conversation")]);
  const outcomes = await Promise.all([1, 2].map(() => sessions.summarize(KEY, { force: true })));
  const ids = outcomes.map((outcome) => summarized(outcome).summary.id);
  expect(new Set(ids).size).toBe(1);
  expect(server.requests).toHaveLength(1);
  expect((await log()).filter((id) => id === "S")).toHaveLength(1);
  expect(await log()).toHaveLength(2);

  // Another scope is another run.
  const scoped = await modelSession({ keep: { turns: 0 }, model: server.chat() }, [
    a("what the first agent has to say about it all", { author: "first" }),
    a("what the second agent has to say about it all", { author: "second" }),
  ]);
  const both = await Promise.all(
    ["first", "second"].map((scope) => scoped.sessions.summarize(KEY, { force: true, scope })),
  );
  expect(new Set(both.map((outcome) => summarized(outcome).summary.id)).size).toBe(2);
  expect(server.requests).toHaveLength(3);
});
