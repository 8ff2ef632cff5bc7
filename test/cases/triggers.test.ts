import {
  allOf,
  anyOf,
  contextFraction,
  type EventInput,
  evaluateTrigger,
  eventCountThreshold,
  idleGap,
  importantContentThreshold,
  presets,
  type SessionStatistics,
  SessionSummarizer,
  timeIntervalThreshold,
  tokenThreshold,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, s, u } from "../support/events.ts";
import { ask, explanationOf, NOW, oneTokenACharacter, summarized } from "../support/folds.ts";
import { appendAll, decorated } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const strict = { strict: true };
const yes = () => true;
const no = () => false;
const tokenCounter = oneTokenACharacter;

/** Messages of so many characters each, in turns; the last is an agent's. */
function ofLengths(...lengths: readonly number[]): readonly EventInput[] {
  return lengths.map((length, at) =>
    (lengths.length - at) % 2 === 0 ? u("x".repeat(length)) : a("x".repeat(length)),
  );
}

/** So many short messages. */
function messages(count: number): readonly EventInput[] {
  return ofLengths(...Array.from({ length: count }, () => 5));
}

/** An answer that was given so many seconds before `NOW`. */
function answerOfAge(seconds: number): EventInput {
  return a("an answer", { timestamp: NOW - seconds * 1000 });
}

const NOTHING: SessionStatistics = {
  userEvents: 0,
  events: 0,
  tokens: 0,
  windowTokens: 0,
  textLength: 0,
  longestText: 0,
  lastSummaryAt: undefined,
  firstEventAt: undefined,
  lastEventAt: undefined,
  contextWindow: undefined,
};

describe("Thresholds, as tRPC-Agent", () => {
  const trpc = presets.trpcAgent();

  test("TRG-01: 60 and 50 tokens are more than a strict threshold of 100", async () => {
    const trigger = tokenThreshold(100, strict);
    const above = await ask(ofLengths(60, 50), { ...trpc, trigger, tokenCounter });
    expect(above).toMatchObject({ fired: true, observed: 110, threshold: 100, strict: true });
    // Reaching it is not enough; without `strict` it is.
    const reached = { ...trpc, trigger, tokenCounter };
    expect(await ask(ofLengths(60, 40), reached)).toMatchObject({ fired: false, observed: 100 });
    const plain = { tokenCounter, trigger: tokenThreshold(100) };
    expect(await ask(ofLengths(60, 40), plain)).toMatchObject({ fired: true, observed: 100 });
  });

  test("TRG-02: 30 and 20 tokens are below 100", async () => {
    const trigger = tokenThreshold(100, strict);
    const below = await ask(ofLengths(30, 20), { ...trpc, trigger, tokenCounter });
    expect(below).toMatchObject({ fired: false, observed: 50, threshold: 100 });
  });

  test("TRG-09: the default event threshold is 30: 31 events fire, 30 do not", async () => {
    const trigger = eventCountThreshold(undefined, strict);
    const above = await ask(messages(31), { ...trpc, trigger });
    expect(above).toMatchObject({ fired: true, observed: 31, threshold: 30 });
    expect(await ask(messages(30), { ...trpc, trigger })).toMatchObject({ fired: false, observed: 30 });
    // Without `strict` 30 is reached.
    expect(await ask(messages(30), { trigger: eventCountThreshold() })).toMatchObject({ fired: true });
    expect(await ask(messages(29), { trigger: eventCountThreshold() })).toMatchObject({ fired: false });
  });

  test("TRG-12: 20 s after the last event an interval of 10 s is over, 1 s after it is not", async () => {
    for (const trigger of [timeIntervalThreshold(10, { from: "last-event", strict: true }), idleGap(10)]) {
      const options = { ...trpc, trigger };
      expect(await ask([answerOfAge(20)], options)).toMatchObject({
        fired: true,
        observed: 20,
        threshold: 10,
      });
      expect(await ask([answerOfAge(1)], options)).toMatchObject({ fired: false, observed: 1 });
      // The last event counts, not an earlier one.
      expect(await ask([answerOfAge(60), answerOfAge(1)], options)).toMatchObject({ fired: false });
    }
    // The default measures from the first unsummarised event instead.
    const byDefault = { trigger: timeIntervalThreshold(10) };
    expect(await ask([answerOfAge(20)], byDefault)).toMatchObject({ fired: true, observed: 20 });
    expect(await ask([answerOfAge(1)], byDefault)).toMatchObject({ fired: false, observed: 1 });
    expect(await ask([answerOfAge(60), answerOfAge(1)], byDefault)).toMatchObject({
      fired: true,
      observed: 60,
    });
  });

  /** A session whose window is one summary, made so many seconds before the clock's time. */
  async function onlyASummary(age: number) {
    let now = NOW - age * 1000;
    const summarizer = stubSummarizer();
    const preset = presets.trpcAgent({ keepEvents: 0 });
    const given = await decorated({ ...preset, mode: "manual", clock: () => now, summarizer });
    await appendAll(given.sessions, given.session, [u("question"), a("answer")]);
    summarized(await given.sessions.summarize(given.session, { force: true }));
    now = NOW;
    return { ...given, summarizer };
  }

  test("TRG-14: a window of one summary 20 s old does not fire: an event behind it is needed", async () => {
    const trigger = timeIntervalThreshold(10, strict);
    const { sessions, session, summarizer } = await onlyASummary(20);
    expect((await sessions.getSession(session))?.events).toHaveLength(1);
    const outcome = await sessions.summarize(session, { trigger });
    expect(outcome).toMatchObject({ kind: "skipped", reason: "not-triggered" });
    expect(explanationOf(outcome).fired).toBe(false);
    expect(summarizer.requests).toHaveLength(1);
    // The threshold says so by itself, whoever asks it.
    const bare: SessionStatistics = { ...NOTHING, lastSummaryAt: NOW - 20_000, lastEventAt: NOW - 20_000 };
    expect(await trigger(bare, NOW)).toMatchObject({ fired: false });
    expect(await trigger({ ...bare, events: 1 }, NOW)).toMatchObject({ fired: true, observed: 20 });
  });

  test("TRG-16: behind a summary 20 s old an event of 0 s fires: the summary's age counts", async () => {
    const trigger = timeIntervalThreshold(10, strict);
    const { sessions, session, summarizer } = await onlyASummary(20);
    await appendAll(sessions, session, [answerOfAge(0)]);
    const byLastEvent = timeIntervalThreshold(10, { from: "last-event", strict: true });
    const idle = await sessions.summarize(session, { trigger: byLastEvent });
    expect(explanationOf(idle)).toMatchObject({ fired: false, observed: 0 });
    const outcome = await sessions.summarize(session, { trigger });
    expect(explanationOf(outcome)).toMatchObject({ fired: true, observed: 20, threshold: 10 });
    expect(outcome.kind).toBe("summarized");
    expect(summarizer.requests).toHaveLength(2);
    // A young summary does not fire.
    const young = await onlyASummary(10);
    await appendAll(young.sessions, young.session, [answerOfAge(0)]);
    const early = await young.sessions.summarize(young.session, { trigger });
    expect(explanationOf(early)).toMatchObject({ fired: false, observed: 10 });
  });

  test("TRG-17: one long text part is important content, a short one is not", async () => {
    const parts = {
      message: { role: "assistant", content: [{ type: "text", text: "This is important content" }] },
    };
    for (const event of [a("This is important content"), a("", parts)]) {
      const trigger = importantContentThreshold(5, strict);
      expect(await ask([event], { ...trpc, trigger })).toMatchObject({
        fired: true,
        observed: 25,
        threshold: 5,
      });
    }
    const trigger = importantContentThreshold(100, strict);
    expect(await ask([a("short")], { ...trpc, trigger })).toMatchObject({ fired: false, observed: 5 });
    // Many short parts are no long one.
    const many = await ask([u("four"), a("five5")], {
      ...trpc,
      trigger: importantContentThreshold(5, strict),
    });
    expect(many).toMatchObject({ fired: false, observed: 5 });
  });

  test("TRG-19: stripped text of 10 characters does not fire at the default of 10, one of 11 does", async () => {
    const options = { ...trpc, trigger: importantContentThreshold(undefined, strict) };
    const ten = "0123456789";
    expect(await ask([a(ten)], options)).toMatchObject({ fired: false, observed: 10, threshold: 10 });
    expect(await ask([a(`${ten}!`)], options)).toMatchObject({ fired: true, observed: 11 });
    expect(await ask([a(`  ${ten}  `)], options)).toMatchObject({ fired: false, observed: 10 });
    // Without `strict` 10 is reached.
    const byDefault = { trigger: importantContentThreshold() };
    expect(await ask([a(`  ${ten}  `)], byDefault)).toMatchObject({ fired: true, observed: 10 });
    expect(await ask([a(ten.slice(1))], byDefault)).toMatchObject({ fired: false, observed: 9 });
  });

  const one = [u("question"), a("answer")];

  test.each([
    [[yes, yes], true],
    [[yes, no], false],
    [[no, no], false],
    [[], true],
  ])("TRG-21: AND of %o is %s", async (triggers, expected) => {
    expect((await ask(one, { ...trpc, trigger: allOf(triggers) })).fired).toBe(expected);
    expect((await ask(one, { ...trpc, trigger: allOf(...triggers) })).fired).toBe(expected);
    // A list as the option means the same; an empty one says neither never nor always, so it is refused.
    const listed = () => ask(one, { ...trpc, trigger: triggers });
    if (triggers.length > 0) expect((await listed()).fired).toBe(expected);
    else await expect(listed()).rejects.toMatchObject({ code: "configuration" });
  });

  test.each([
    [[yes, yes], true],
    [[no, yes], true],
    [[no, no], false],
    [[], false],
  ])("TRG-22: OR of %o is %s", async (triggers, expected) => {
    expect((await ask(one, { ...trpc, trigger: anyOf(triggers) })).fired).toBe(expected);
    expect((await ask(one, { ...trpc, trigger: anyOf(...triggers) })).fired).toBe(expected);
  });

  test.each([
    ["presets.trpcAgent", trpc],
    ["the defaults", {}],
  ])("TRG-24: nothing fires on a session without events under %s", async (_, options) => {
    let asked = 0;
    const trigger = () => ++asked > 0;
    const summarizer = stubSummarizer();
    const { sessions, session } = await decorated({ ...options, trigger, summarizer, mode: "manual" });
    expect(await sessions.summarize(session)).toMatchObject({ kind: "skipped", reason: "not-triggered" });
    expect(await evaluateTrigger(allOf(), NOTHING, NOW)).toMatchObject({ fired: false });
    const list = new SessionSummarizer({ ...options, trigger, summarizer });
    expect(await list.summarizeEvents([])).toMatchObject({ kind: "skipped", reason: "not-triggered" });
    expect([asked, summarizer.requests.length]).toEqual([0, 0]);
    // With an event the same trigger is asked, and fires.
    expect((await ask([a("hello")], { ...options, trigger })).fired).toBe(true);
    expect(asked).toBe(1);
  });

  test.each([
    ["presets.trpcAgent", trpc],
    ["the defaults", {}],
  ])("TRG-26: combinators take a list or separate arguments under %s", async (_, options) => {
    const events = eventCountThreshold(2, strict);
    const tokens = tokenThreshold(5, strict);
    const fired: boolean[] = [];
    for (const combine of [allOf, anyOf]) {
      for (const pair of [
        [events, tokens],
        [yes, no],
        [no, yes],
      ] as const) {
        const separate = await ask(one, { ...options, tokenCounter, trigger: combine(...pair) });
        const list = await ask(one, { ...options, tokenCounter, trigger: combine(pair) });
        expect(separate).toEqual(list);
        expect(separate.children).toHaveLength(2);
        fired.push(separate.fired);
      }
    }
    // Two events, 14 tokens: the one threshold is not passed, the other is.
    expect(fired).toEqual([false, false, false, true, true, true]);
  });
});

describe("Thresholds, as Pipecat", () => {
  test("TRG-29: at a message threshold of 5 the system message and 4 do not fire, it and 5 do", async () => {
    const options = presets.pipecat({ maxContextTokens: null, maxUnsummarizedMessages: 5 });
    const [four, five] = [4, 5].map((count) => [s("rules"), ...messages(count)]);
    const below = await ask(four ?? [], options);
    expect(below).toMatchObject({ fired: false, children: [{ name: "events", observed: 4, threshold: 5 }] });
    const reached = await ask(five ?? [], options);
    expect(reached).toMatchObject({ fired: true, children: [{ name: "events", observed: 5, threshold: 5 }] });
  });

  /** The ids that were folded by themselves while the messages were appended. */
  async function folded(
    events: readonly EventInput[],
    settings: presets.PipecatPreset,
  ): Promise<readonly number[]> {
    const summarizer = stubSummarizer();
    const { sessions, session } = await decorated({ ...presets.pipecat(settings), tokenCounter, summarizer });
    await appendAll(sessions, session, events);
    expect(await sessions.listSummaries(session)).toHaveLength(summarizer.requests.length);
    return summarizer.requests.map((request) => request.events.length);
  }

  test("TRG-32: 3 short messages below 10 000 tokens and 20 messages make no request", async () => {
    const limits = { maxContextTokens: 10_000, maxUnsummarizedMessages: 20 };
    expect(await folded(messages(3), limits)).toEqual([]);
    expect(await ask(messages(3), { ...presets.pipecat(limits), tokenCounter })).toMatchObject({
      fired: false,
      children: [
        { name: "tokens", observed: 15, threshold: 10_000 },
        { name: "events", observed: 3, threshold: 20 },
      ],
    });
    // 20 messages make one.
    expect(await folded(messages(20), limits)).toEqual([16]);
  });

  test("TRG-34: without a message limit 10 messages over 100 tokens make a request", async () => {
    const limits = { maxContextTokens: 100, maxUnsummarizedMessages: null };
    // Ten messages of eleven characters: with the tenth the limit is passed, four stay.
    const ten = ofLengths(...Array.from({ length: 10 }, () => 11));
    expect(await folded(ten, limits)).toEqual([6]);
    const explanation = await ask(ten, { ...presets.pipecat(limits), tokenCounter });
    expect(explanation).toMatchObject({ fired: true, children: [{ observed: 110, threshold: 100 }] });
    expect(explanation.children).toHaveLength(1);
    // However many messages there are, they alone make none.
    expect(await folded(messages(30), { ...limits, maxContextTokens: 1000 })).toEqual([]);
  });

  test("TRG-36: with both limits set, reaching just one is enough", async () => {
    const limits = { maxContextTokens: 100, maxUnsummarizedMessages: 8 };
    const options = { ...presets.pipecat(limits), tokenCounter };
    const byTokens = await ask(ofLengths(50, 25, 25), options);
    expect(byTokens).toMatchObject({ fired: true, children: [{ observed: 100 }, { evaluated: false }] });
    const byMessages = await ask(messages(8), options);
    expect(byMessages).toMatchObject({
      fired: true,
      children: [{ observed: 40, fired: false }, { observed: 8 }],
    });
    expect(await ask(ofLengths(50, 25, 24), options)).toMatchObject({ fired: false });
    expect(await ask(messages(7), options)).toMatchObject({ fired: false });
    expect(await folded(ofLengths(20, 20, 20, 20, 10, 10), limits)).toEqual([2]);
    expect(await folded(messages(8), limits)).toEqual([4]);
    expect(await folded(messages(7), limits)).toEqual([]);
  });
});

describe("Thresholds, as the Go agent", () => {
  test("TRG-42: the context trigger fires above its share of the window, its least and its fallback", async () => {
    const fraction = (tokens: number, settings: object, contextWindow?: number) =>
      ask([s("x".repeat(100)), ...ofLengths(tokens - 150, 50)], {
        trigger: contextFraction(0.5, { ...strict, ...settings }),
        contextWindow,
        tokenCounter,
      });
    const expectAbove = async (threshold: number, settings: object, contextWindow?: number) => {
      const above = await fraction(threshold + 1, settings, contextWindow);
      expect(above).toMatchObject({ fired: true, observed: threshold + 1, threshold });
      const reached = await fraction(threshold, settings, contextWindow);
      expect(reached).toMatchObject({ fired: false, observed: threshold, threshold });
    };
    await expectAbove(50_000, {}, 100_000);
    await expectAbove(2000, { minTokens: 2000 }, 1000);
    await expectAbove(4096, { fallbackWindow: 8192 });
    // A known window wins over the fallback, and a small minimum over nothing.
    await expectAbove(500, { fallbackWindow: 8192, minTokens: 200 }, 1000);
    // Of a window that nobody knows no share can be taken.
    expect(await fraction(100_000, {})).toMatchObject({ fired: false });
  });
});
