import {
  type EventInput,
  type Failed,
  InMemorySessionService,
  presets,
  SessionSummarizer,
  type SessionSummarizerOptions,
  STRATEGIES,
  type SummarizeOutcome,
} from "@sessionfold/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { a, numbered, u } from "../support/events.ts";
import { shown, summarized, turns } from "../support/folds.ts";
import { conversationOf, histories } from "../support/histories.ts";
import * as play from "../support/model-server.ts";
import { modelSession, playing } from "../support/model-session.ts";
import { failure, skippedBecause } from "../support/outcomes.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";

const RUNS = Number(process.env.SESSIONFOLD_FUZZ_RUNS ?? 4000) / 40;

test("FAIL-02: when the model throws no exception escapes, the failure is the outcome", async () => {
  const server = await playing([play.badRequest(), play.unauthorized(), play.noChoices()]);
  const options = { ...presets.trpcAgent({ keepEvents: 2 }), model: server.chat() };
  const sut = new SessionSummarizer(options);
  for (const _ of [1, 2, 3]) {
    const outcome = await sut.summarizeEvents(turns(4), { force: true });
    expect(failure(outcome).code).toBe("summarizer-failed");
  }
  const defaults = await modelSession({ model: server.chat() });
  expect(failure(await defaults.sessions.summarize(KEY, { force: true })).code).toBe("summarizer-failed");
  await defaults.expectUntouched();
  expect(server.requests).toHaveLength(4);
});

test.each([
  ["no text", play.emptyContent(null)],
  ["an empty text", play.emptyContent("")],
  ["blanks", play.emptyContent(" \n\t ")],
])("FAIL-09: a model that answers with %s is a failure that says so", async (_, answer) => {
  const server = await playing([answer]);
  for (const options of [presets.pipecat({ minMessagesAfterSummary: 2 }), { keep: { turns: 1 } }]) {
    const { sessions, expectUntouched } = await modelSession({ ...options, model: server.chat() });
    const error = failure(await sessions.summarize(KEY, { force: true }));
    expect(error.code).toBe("empty-summary");
    expect(error.message).toMatch(/returned an empty summary/);
    await expectUntouched();
  }
  expect(server.requests).toHaveLength(2);
});

test("FAIL-11: a failing generation is one outcome, reported once with its error; nothing to summarise is no failure", async () => {
  const server = await playing([play.badRequest(), "Fine now."]);
  const reported: SummarizeOutcome[] = [];
  const options = { ...presets.pipecat({ minMessagesAfterSummary: 1 }), model: server.chat() };
  const onOutcome = (outcome: SummarizeOutcome): number => reported.push(outcome);
  const { sessions, expectUntouched } = await modelSession({ ...options, onOutcome });
  const outcome = await sessions.summarize(KEY, { force: true });
  expect(failure(outcome)).toMatchObject({ code: "summarizer-failed", cause: { status: 400 } });
  expect(reported).toEqual([outcome]);
  await expectUntouched();

  const few = await modelSession({ ...options, onOutcome }, [u("hello")]);
  const nothing = await few.sessions.summarize(KEY, { force: true });
  expect(skippedBecause(nothing)).toBe("nothing-to-summarise");
  expect(reported).toEqual([outcome, nothing]);
  expect(server.requests).toHaveLength(1);
});

test("FAIL-12: of user, agent, user with one kept, the summary covers up to index 1", async () => {
  const server = await playing(["The user was greeted."]);
  const events = numbered([u("hello there"), a("hello to you, what is it?"), u("nothing")]);
  for (const options of [presets.pipecat({ minMessagesAfterSummary: 1 }), { keep: { events: 1 } }]) {
    const sut = new SessionSummarizer({ ...options, model: server.chat() });
    const { summary, window } = summarized(await sut.summarizeEvents(events, { force: true }));
    expect(summary.text).toBe("The user was greeted.");
    expect(summary.coverage.toSeq).toBe(1);
    expect(summary.coverage.direct).toEqual(["e0", "e1"]);
    expect(shown(window)).toEqual(["S", "e2"]);
  }
});

test("FAIL-14: an empty summary for a sound plan is rejected, also as a further one: the window stays as it was", async () => {
  const server = await playing(["A good one.", "", "A better one."]);
  const { sessions, session, window } = await modelSession({
    ...presets.pipecat({ minMessagesAfterSummary: 2 }),
    model: server.chat(),
  });
  summarized(await sessions.summarize(KEY, { force: true }));
  await appendAll(
    sessions,
    session,
    numbered(turns(3, 4)).map((event) => ({ ...event, id: `f${event.id}` })),
  );
  const before = await sessions.getSession(KEY);
  expect(failure(await sessions.summarize(KEY, { force: true })).code).toBe("empty-summary");
  expect(await sessions.getSession(KEY)).toEqual(before);
  expect((await sessions.getSummary(KEY))?.text).toBe("A good one.");
  // With text the same fold is taken.
  summarized(await sessions.summarize(KEY, { force: true }));
  expect(await window()).toEqual(["S", "fe4", "fe5"]);
  expect((await sessions.getSummary(KEY))?.text).toBe("A better one.");
});

test("FAIL-21: a model's error and an empty text are failed outcomes with the session's id, and nothing is stored", async () => {
  const faults: readonly (readonly [play.Answer, string])[] = [
    [play.serverError(), "summarizer-failed"],
    ["", "empty-summary"],
    [" ", "empty-summary"],
  ];
  for (const [fault, code] of faults) {
    const server = await playing([fault]);
    const { sessions, expectUntouched } = await modelSession({ model: server.chat(), retry: false });
    const outcome = await sessions.summarize(KEY, { force: true });
    expect(outcome).toMatchObject({ kind: "failed", error: { code, sessionId: KEY.sessionId } });
    // The id is a field: a message may end up in a log that is not to name sessions.
    expect((outcome as Failed).error.message).not.toContain(KEY.sessionId);
    await expectUntouched();
    expect(server.requests).toHaveLength(1);
  }
});

/** Faults that come at once, and one that only the deadline ends. */
const QUICK: readonly (() => play.Answer)[] = [
  () => play.serverError(),
  () => play.overloaded(),
  () => play.rateLimited({ retryAfterMs: 0 }),
  () => play.quotaExhausted(),
  () => play.unauthorized(),
  () => play.contextLengthExceeded(),
  () => play.cut(),
  () => play.cutAmid(),
  () => play.malformedJson(),
  () => play.noChoices(),
  () => play.errorInside(),
  () => play.emptyContent(" "),
  () => play.refusal(),
  () => play.contentFilter(),
  () => play.huge(20_000),
  () => play.hang(),
];

const options = fc.record({
  mode: fc.constantFrom("background" as const, "inline" as const, "manual" as const),
  strategy: fc.constantFrom(...STRATEGIES),
  keep: fc.constantFrom({ turns: 0 }, { turns: 1 }, { events: 2 }, { tokens: 30 }),
  breaker: fc.constantFrom(false as const, { failures: 2, pauseMs: 1 }),
});
const scripts = fc.array(fc.nat({ max: QUICK.length - 1 }), { minLength: 1, maxLength: 6 });

test("FAIL-24: a model that fails for ever deletes and re-orders nothing, in any mode and with any strategy", async () => {
  let script: readonly number[] = [0];
  let call = 0;
  const server = await playing(() => QUICK[script[call++ % script.length] ?? 0]?.() ?? "");
  let failed = 0;
  await fc.assert(
    fc.asyncProperty(histories(30), scripts, options, async (steps, faults, given) => {
      script = faults;
      call = 0;
      const inner = new InMemorySessionService();
      const settings: SessionSummarizerOptions = {
        ...given,
        trigger: ({ events }) => events > 3,
        retry: { delaysMs: [0] },
        timeoutMs: 40,
        model: server.chat(),
      };
      const outcomes: SummarizeOutcome[] = [];
      const onOutcome = (outcome: SummarizeOutcome): number => outcomes.push(outcome);
      const { sessions, session } = await decorated({ ...settings, mode: given.mode, onOutcome }, inner);
      const events: readonly EventInput[] = conversationOf(steps);
      await appendAll(sessions, session, events);
      if (given.mode === "manual") await sessions.summarize(KEY, { force: true });
      await sessions.flush();

      const plain = new InMemorySessionService();
      await appendAll(plain, await plain.createSession(KEY), events);
      const stored = (await inner.getSession(KEY))?.events;
      expect(stored).toEqual((await plain.getSession(KEY))?.events);
      expect((await sessions.getSession({ ...KEY, view: "full" }))?.events).toEqual(stored);
      expect(await sessions.listSummaries(KEY)).toEqual([]);
      expect(outcomes.some(({ kind }) => kind === "summarized")).toBe(false);
      failed += outcomes.filter(({ kind }) => kind === "failed").length;
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  expect(failed).toBeGreaterThan(RUNS / 2);
  await server.idle();
});
