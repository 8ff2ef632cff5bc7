import {
  InMemorySessionService,
  presets,
  SessionSummarizer,
  type SummarizeOutcome,
  withSummaries,
} from "@sessionfold/core";
import { expect, test } from "vitest";
import { s, u } from "../support/events.ts";
import { shown, summarized, turns } from "../support/folds.ts";
import { skippedBecause, textOf } from "../support/outcomes.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const never = (): boolean => false;
const always = (): boolean => true;

test("MAN-01: force summarises once and stores it, although the trigger says no", async () => {
  for (const options of [presets.trpcAgent({ keepEvents: 2 }), { keep: { turns: 1 } }]) {
    const inner = new InMemorySessionService();
    const summarizer = stubSummarizer();
    const { sessions, session } = await decorated({ ...options, trigger: never, summarizer }, inner);
    await appendAll(sessions, session, turns(5));
    expect(summarizer.requests).toHaveLength(0);
    const { summary } = summarized(await sessions.summarize(session, { force: true }));
    expect(summarizer.requests).toHaveLength(1);
    expect(summary.text).toBe("SUM");
    expect(summary.trigger).toBe("force");
    expect(await sessions.getSummary(session)).toEqual(summary);
    // It is in the store, not in this process alone.
    const other = withSummaries(inner, { mode: "manual" });
    expect(await other.getSummary(KEY)).toEqual(summary);
    expect(shown((await other.getSession(KEY))?.events ?? [])[0]).toBe("S");
    expect(await other.listSummaries(KEY)).toHaveLength(1);
  }
});

test("MAN-02: without force a trigger that says no keeps the summarizer from being called", async () => {
  const summarizer = stubSummarizer();
  const outcomes: SummarizeOutcome[] = [];
  const { sessions, session } = await decorated({
    ...presets.trpcAgent({ keepEvents: 2 }),
    trigger: never,
    summarizer,
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  await appendAll(sessions, session, turns(5));
  expect(skippedBecause(await sessions.summarize(session))).toBe("not-triggered");
  // It was asked after appends as well.
  expect(outcomes.length).toBeGreaterThan(5);
  expect(outcomes.every((outcome) => outcome.kind === "skipped")).toBe(true);
  expect(summarizer.requests).toHaveLength(0);
  expect(await sessions.getSummary(session)).toBeNull();
  // The same call with a trigger that says yes does call it.
  summarized(await sessions.summarize(session, { trigger: always }));
  expect(summarizer.requests).toHaveLength(1);
});

test("MAN-04: with automatic folding off nothing happens until it is forced", async () => {
  const summarizer = stubSummarizer();
  const options = { ...presets.trpcAgent({ keepEvents: 2 }), trigger: always, summarizer };
  const { sessions, session } = await decorated({ ...options, mode: "manual" });
  await appendAll(sessions, session, turns(5));
  expect(summarizer.requests).toHaveLength(0);
  expect(await sessions.getSummary(session)).toBeNull();
  summarized(await sessions.summarize(session, { force: true }));
  expect(summarizer.requests).toHaveLength(1);

  // `enabled: false` holds an unforced call back as well.
  const off = stubSummarizer();
  const disabled = await decorated({ ...options, summarizer: off, enabled: false });
  await appendAll(disabled.sessions, disabled.session, turns(5));
  expect(skippedBecause(await disabled.sessions.summarize(disabled.session))).toBe("disabled");
  expect(off.requests).toHaveLength(0);
  summarized(await disabled.sessions.summarize(disabled.session, { force: true }));
  expect(off.requests).toHaveLength(1);

  // With it on the same options fold by themselves.
  const automatic = stubSummarizer();
  const on = await decorated({ ...options, summarizer: automatic });
  await appendAll(on.sessions, on.session, turns(5));
  expect(automatic.requests.length).toBeGreaterThan(0);
});

test("MAN-06: force on an empty session makes no record and calls no model", async () => {
  for (const options of [presets.trpcAgent(), presets.trpcAgent({ keepEvents: 0 }), {}]) {
    const summarizer = stubSummarizer();
    const inner = new InMemorySessionService();
    const { sessions, session } = await decorated({ ...options, summarizer }, inner);
    expect(skippedBecause(await sessions.summarize(session, { force: true }))).toBe("nothing-to-summarise");
    expect(summarizer.requests).toHaveLength(0);
    expect(await sessions.getSummary(session)).toBeNull();
    expect((await inner.getSession(KEY))?.events).toEqual([]);
  }
});

test("MAN-09: a call's own keep is what counts", async () => {
  const cases = [
    { options: presets.pipecat(), override: { events: 1, align: "round" as const } },
    { options: { keep: { events: 4 } }, override: { events: 1 } },
    { options: { keep: { turns: 4 } }, override: { turns: 1 } },
  ];
  const events = [
    s("system", { id: "s" }),
    ...["0", "1", "2", "3", "4"].map((id) => u(`line ${id}`, { id })),
  ];
  for (const { options, override } of cases) {
    const summarizer = stubSummarizer();
    const { sessions, session } = await decorated({ ...options, mode: "manual", summarizer });
    await appendAll(sessions, session, events);
    const { summary } = summarized(await sessions.summarize(session, { force: true, keep: override }));
    expect(summary.coverage.direct).toEqual(["0", "1", "2", "3"]);
    expect(shown((await sessions.getSession(session))?.events ?? [])).toEqual(["s", "S", "4"]);
    expect(summarizer.requests).toHaveLength(1);

    // Without the override the default counts, also afterwards on the same summarizer.
    const other = await decorated({ ...options, mode: "manual", summarizer });
    await appendAll(other.sessions, other.session, events);
    await other.sessions.summarize(other.session, { force: true });
    const window = (await other.sessions.getSession(other.session))?.events ?? [];
    expect(shown(window)).toEqual(["s", "S", "1", "2", "3", "4"]);
    expect(other.sessions.metadata.keep).toEqual(options.keep);
  }
  // The template of the call is used as well.
  const { sessions, session } = await decorated({
    ...presets.pipecat(),
    mode: "manual",
    summarizer: stubSummarizer(),
  });
  await appendAll(sessions, session, events);
  await sessions.summarize(session, { force: true, summaryMessage: { template: "Before: {summary}" } });
  expect(textOf((await sessions.getSession(session))?.events[1])).toBe("Before: SUM");
});

test("MAN-11: force asks no trigger, and the report names the trigger force", async () => {
  let asked = 0;
  const trigger = (): boolean => {
    asked++;
    throw new Error("asked");
  };
  const reported: SummarizeOutcome[] = [];
  const { sessions, session } = await decorated({
    trigger: [trigger, never],
    keep: { turns: 1 },
    mode: "manual",
    summarizer: stubSummarizer(),
    onOutcome: (outcome) => reported.push(outcome),
  });
  await appendAll(sessions, session, turns(3));
  const { summary, explanation } = summarized(await sessions.summarize(session, { force: true }));
  expect(asked).toBe(0);
  expect(summary.trigger).toBe("force");
  expect(explanation).toBeUndefined();
  expect(reported.map((outcome) => outcome.kind === "summarized" && outcome.summary.trigger)).toEqual([
    "force",
  ]);
  // Unforced it is asked, and the report names what fired.
  expect((await sessions.summarize(session)).kind).toBe("failed");
  expect(asked).toBe(1);
  const longChat = (): boolean => true;
  const sut = new SessionSummarizer({
    trigger: longChat,
    keep: { turns: 1 },
    summarizer: stubSummarizer(),
  });
  expect(summarized(await sut.summarizeEvents(turns(3))).summary.trigger).toBe("longChat");
});
