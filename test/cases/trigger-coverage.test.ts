import { HumanMessage } from "@langchain/core/messages";
import {
  conversationThreshold,
  type EventInput,
  eventCountThreshold,
  type GetSessionRequest,
  InMemorySessionService,
  type Session,
  SessionSummarizer,
  type SessionSummaryJson,
  type Trigger,
  withSummaries,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, numbered, u } from "../support/events.ts";
import { explanationOf, NOW, START, summarized } from "../support/folds.ts";
import { KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

/** The record of a summary of these events, as a store holds it. */
async function recordOf(events: readonly EventInput[]): Promise<SessionSummaryJson> {
  const summarizer = new SessionSummarizer({ keep: { events: 0 }, summarizer: stubSummarizer() });
  return summarized(await summarizer.summarizeEvents(events, { force: true })).summary.toJSON();
}

/** The entry by which a record stands in the log. */
function stored(record: object, extra: EventInput = {}): EventInput {
  return {
    id: "S",
    author: "system",
    message: new HumanMessage("SUM"),
    actions: { summary: { ...record, id: "S" } },
    ...extra,
  };
}

/** A decorated service over a log as somebody else left it, and the warnings it gave. */
async function over(log: readonly EventInput[], inner = new InMemorySessionService()) {
  await inner.createSession(KEY);
  for (const event of log) await inner.appendEvent({ session: KEY, event });
  const warnings: string[] = [];
  const summarizer = stubSummarizer();
  const sessions = withSummaries(inner, {
    summarizer,
    mode: "manual",
    keep: { events: 0 },
    clock: () => NOW,
    logger: { warn: (warning) => warnings.push(warning) },
  });
  const ask = async (trigger: Trigger) => explanationOf(await sessions.summarize(KEY, { trigger }));
  return { sessions, ask, warnings, summarizer };
}

/** More than anybody has: to ask for the figure alone. */
const MANY = 1_000_000;

describe("What counts behind a stored summary, as the Go agent", () => {
  const times = [
    ["right", NOW],
    ["0", 0],
    ["before the event it covers", START - 1],
    ["in the far future", 8.64e15],
    ["missing", undefined],
    ["null", null],
    ["no number", "2026-01-01T00:00:00Z"],
  ] as const;

  /** Exactly event-2 is behind the summary, to a trigger and to the summarizer. */
  async function expectDelta(log: readonly EventInput[], inner?: InMemorySessionService) {
    const { sessions, ask, warnings, summarizer } = await over(log, inner);
    expect(await ask(eventCountThreshold(MANY))).toMatchObject({ name: "events", observed: 1 });
    expect(await ask(eventCountThreshold(1, { strict: true }))).toMatchObject({ fired: false, observed: 1 });
    const { events } = (await sessions.getSession(KEY)) ?? { events: [] };
    expect(events.map((event) => event.id)).toEqual(["S", "event-2"]);
    summarized(await sessions.summarize(KEY, { trigger: eventCountThreshold(1) }));
    const [request] = summarizer.requests;
    expect(request?.events.map((event) => event.id)).toEqual(["event-2"]);
    expect(request?.previous.map((summary) => summary.id)).toEqual(["S"]);
    expect(warnings).toEqual([]);
  }

  test.each(times)("TRG-39: a time of a summary that is %s changes nothing", async (_, createdAt) => {
    const one = a("first", { id: "event-1", timestamp: START });
    const two = a("second", { id: "event-2", timestamp: START + 1000 });
    const { createdAt: _right, ...record } = await recordOf([one]);
    const summary = createdAt === undefined ? record : { ...record, createdAt };
    const timestamp = typeof createdAt === "number" ? createdAt : START + 500;
    const { sessions } = await over([one, stored(summary, { timestamp })]);
    expect((await sessions.getSummary(KEY))?.createdAt).toBe(timestamp);
    await expectDelta([one, stored(summary, { timestamp }), two]);
    // Also where the summary was appended behind the event that it does not cover.
    await expectDelta([one, two, stored(summary, { timestamp })]);
  });

  test.each([
    ["0", 0],
    ["that of the summary", NOW],
    ["before what is covered", START - 1],
    ["in the far future", 8.64e15],
  ])("TRG-39: a time of an event that is %s changes nothing", async (_, timestamp) => {
    for (const [first, second] of [
      [timestamp, START],
      [START, timestamp],
      [timestamp, timestamp],
    ]) {
      const one = a("first", { id: "event-1", timestamp: first });
      const two = a("second", { id: "event-2", timestamp: second });
      await expectDelta([one, stored(await recordOf([one]), { timestamp: NOW }), two]);
    }
  });

  test("TRG-39: a store that keeps no times changes nothing", async () => {
    class Timeless extends InMemorySessionService {
      override async getSession(request: GetSessionRequest): Promise<Session | null> {
        const session = await super.getSession(request);
        for (const event of session?.events ?? []) Reflect.deleteProperty(event, "timestamp");
        return session;
      }
    }
    const one = a("first", { id: "event-1" });
    await expectDelta([one, stored(await recordOf([one])), a("second", { id: "event-2" })], new Timeless());
  });

  const five = numbered([u("one"), a("two"), u("three"), a("four"), a("five")], START);

  test.each([
    ["text", "e0 to e4"],
    ["missing", undefined],
    ["null", null],
    [
      "of ids that are no list",
      { direct: "e0", replaces: [], omitted: [], fromSeq: 0, toSeq: 4, planSeq: 4 },
    ],
    ["an old form", { lastIncludedTs: "not a time" }],
  ])("TRG-41: a stored summary whose coverage is %s is ignored with a warning", async (_, coverage) => {
    const record = { ...(await recordOf(five)), coverage };
    const { sessions, ask, warnings, summarizer } = await over([...five, stored(record)]);
    expect(await ask(eventCountThreshold(MANY))).toMatchObject({ observed: 5 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("event S");
    expect(await sessions.getSummary(KEY)).toBeNull();
    const outcome = await sessions.summarize(KEY, { trigger: eventCountThreshold(2, { strict: true }) });
    expect(explanationOf(outcome)).toMatchObject({ fired: true, observed: 5, threshold: 2 });
    expect(outcome.kind).toBe("summarized");
    expect(summarizer.requests[0]?.events.map((event) => event.id)).toEqual(["e0", "e1", "e2", "e3", "e4"]);
    // It was told once, not at every look.
    expect(warnings).toHaveLength(1);
  });

  test("TRG-41: a coverage past the end of the log covers what is there", async () => {
    const record = await recordOf(five);
    const past = {
      ...record.coverage,
      direct: [...record.coverage.direct, "e98", "e99"],
      toSeq: 99,
      planSeq: 99,
    };
    const log = [...five, stored({ ...record, coverage: past })];
    const first = await over(log);
    const { sessions, ask, warnings, summarizer } = first;
    const aboveZero: Trigger = ({ events }) => events > 0;
    for (const trigger of [aboveZero, () => true, eventCountThreshold(1)]) {
      expect(await ask(trigger)).toMatchObject({ fired: false, observed: 0 });
    }
    expect(await sessions.summarize(KEY, { force: true })).toMatchObject({ reason: "nothing-new" });
    expect(summarizer.requests).toHaveLength(0);
    expect(warnings).toEqual([]);
    // What comes after it is not covered, although its position lies before the end that the summary claims.
    // What comes after it is not covered, although its position lies before the end that the summary claims.
    const news = [u("six", { id: "e6" }), a("seven", { id: "e7" })];
    for (const event of news) await sessions.appendEvent({ session: KEY, event });
    const reloaded = await over([...log, ...news]);
    for (const { ask: asked } of [first, reloaded]) {
      expect(await asked(eventCountThreshold(MANY))).toMatchObject({ observed: 2 });
      expect(await asked(conversationThreshold(MANY))).toMatchObject({ observed: 1 });
    }
    expect((await ask(aboveZero)).fired).toBe(true);
    expect(summarizer.requests[0]?.events.map((event) => event.id)).toEqual(["e6", "e7"]);
  });
});
