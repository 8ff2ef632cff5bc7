import {
  createEvent,
  isSummaryEvent,
  presets,
  type RunEvent,
  type SessionSummarizerOptions,
  withSummaries,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, numbered, s, u } from "../support/events.ts";
import { shown, summarized, turns } from "../support/folds.ts";
import { skippedBecause } from "../support/outcomes.ts";
import { appendAll, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import {
  appendTurns,
  type BackgroundSession,
  heldSummarizer,
  inBackground,
  settled,
  until,
} from "./support.ts";

/** Pipecat's rules, due at six messages; no read waits. */
const rules = {
  ...presets.pipecat({ maxContextTokens: null, maxUnsummarizedMessages: 6, minMessagesAfterSummary: 2 }),
  limit: false,
} as const;

async function voice(
  summarizer: ReturnType<typeof stubSummarizer>,
  more: SessionSummarizerOptions = {},
): Promise<BackgroundSession> {
  return inBackground({ ...rules, summarizer, ...more });
}

/** A session with a fold in progress. */
async function folding(stub = heldSummarizer()) {
  const its = await voice(stub);
  await appendTurns(its, 3);
  await until(() => stub.requests.length === 1);
  return { ...its, stub };
}

/** A session whose caller has called its fold off, and with a second one in progress. */
async function interrupted() {
  const stub = heldSummarizer();
  const its = await voice(stub);
  await appendTurns(its, 2);
  const controller = new AbortController();
  const run = its.sessions.summarize(KEY, { force: true, signal: controller.signal });
  await until(() => stub.requests.length === 1);
  controller.abort();
  expect(skippedBecause(await run)).toBe("aborted");
  await appendTurns(its, 1, 2);
  await until(() => stub.requests.length === 2);
  return { ...its, stub };
}

const summaries = async ({ inner }: BackgroundSession) =>
  ((await inner.getSession(KEY))?.events ?? []).filter(isSummaryEvent);

test("INP-01: a response that starts while a fold is in progress makes no second request", async () => {
  const its = await folding();
  await appendTurns(its, 3, 3);
  await its.sessions.getSession(KEY);
  await settled();
  expect(its.stub.requests).toHaveLength(1);
  its.stub.releaseAll();
  await its.sessions.flush();
});

test("INP-02: a manual request while a fold is in progress is no second one", async () => {
  const its = await folding();
  const calls = [its.sessions.summarize(KEY), its.sessions.summarize(KEY, { force: true })];
  await settled();
  expect(its.stub.requests).toHaveLength(1);
  its.stub.release();
  const [first, second] = (await Promise.all(calls)).map((outcome) => summarized(outcome).summary.id);
  expect(first).toBe(second);
  expect(its.stub.requests).toHaveLength(1);
  expect(await summaries(its)).toHaveLength(1);
});

describe("INP-04: after an interruption the next response that starts makes a second request", () => {
  test("when a caller calls off the run that it began", async () => {
    const { stub, ...its } = await interrupted();
    stub.releaseAll();
    await its.sessions.flush();
    expect(await summaries(its)).toHaveLength(1);
  });

  test("when the service is closed, and another takes over", async () => {
    const its = await folding();
    await its.sessions.close({ drainMs: 0 });
    expect(skippedBecause(its.outcomes.at(-1)?.outcome ?? { kind: "skipped", reason: "disabled" })).toBe(
      "aborted",
    );
    const stub = stubSummarizer();
    const sessions = withSummaries(its.inner, { ...rules, summarizer: stub });
    await appendTurns({ ...its, sessions }, 1, 3);
    await sessions.flush();
    expect(stub.requests).toHaveLength(1);
    expect(await summaries(its)).toHaveLength(1);
  });
});

test("INP-06: a result that is delivered twice after an interruption is applied once, and eats no live messages", async () => {
  const { stub, ...its } = await interrupted();
  // The answer to the first request comes now, and again as the answer to the second.
  stub.release("the gist");
  stub.release("the gist");
  await its.sessions.flush();
  await appendTurns(its, 1, 3);
  await its.sessions.flush();
  const window = await its.window();
  expect(window).toEqual(["S", "e4", "e5", "e6", "e7"]);
  // The summary itself once more, as a retried append delivers it.
  const [stored] = await summaries(its);
  if (stored === undefined) throw new Error("No summary");
  await its.sessions.appendEvent({ ...its, event: createEvent(stored, 0, () => 0) });
  expect(await summaries(its)).toHaveLength(1);
  expect(await its.window()).toEqual(window);
});

test("INP-07: after an interruption and a new request the old result is ignored", async () => {
  const { stub, ...its } = await interrupted();
  stub.release("old");
  await settled();
  expect(await summaries(its)).toHaveLength(0);
  stub.release("new");
  await its.sessions.flush();
  expect((await its.sessions.listSummaries(KEY)).map(({ text }) => text)).toEqual(["new"]);
});

test("INP-11: when there was nothing to summarise the next response that starts asks again", async () => {
  const stub = stubSummarizer();
  const asked: number[] = [];
  const its = await voice(stub, {
    trigger: ({ events }) => {
      asked.push(events);
      return true;
    },
    keep: { events: 4, align: "round" },
  });
  await appendTurns(its, 1);
  await its.sessions.flush();
  const reasons = its.outcomes.map(({ outcome }) => skippedBecause(outcome));
  expect(reasons.at(-1)).toBe("nothing-to-summarise");
  expect(stub.requests).toHaveLength(0);
  const before = asked.length;
  await appendTurns(its, 3, 1);
  await its.sessions.flush();
  expect(asked.length).toBeGreaterThan(before);
  expect(stub.requests.length).toBeGreaterThan(0);
  expect(await its.window()).toEqual(["S", "e4", "e5", "e6", "e7"]);
});

/** The figures of the only fold that was committed. */
function committed(events: readonly RunEvent[]) {
  const [event, ...others] = events.filter((each) => each.kind === "committed");
  if (event === undefined || others.length > 0) throw new Error("Expected one committed event");
  const { before, after, foldedEvents, keptEvents } = event;
  return { before: before.events, after: after.events, foldedEvents, keptEvents };
}

test("EVT-09: a system and ten user messages, folded up to the eighth: 11 before, 5 after, 7 folded, 4 kept", async () => {
  const events: RunEvent[] = [];
  const its = await inBackground({
    ...presets.pipecat({ maxUnsummarizedMessages: 10, minMessagesAfterSummary: 3 }),
    summarizer: stubSummarizer(),
    onEvent: (event) => events.push(event),
  });
  const given = numbered([s("be kind"), ...Array.from({ length: 10 }, (_, at) => u(`message ${at}`))]);
  for (const event of given) await its.sessions.appendEvent({ ...its, event, fold: false });
  const outcome = summarized(await its.sessions.summarize(KEY));
  expect(await its.window()).toEqual(["e0", "S", "e8", "e9", "e10"]);
  expect([outcome.before.events, outcome.after.events]).toEqual([11, 5]);
  expect(outcome.summary.coverage.direct).toHaveLength(7);
  expect(outcome.summary.coverage.toSeq).toBe(7);
  const { originalEventCount, compressedEventCount } = outcome.summary;
  expect([originalEventCount, compressedEventCount]).toEqual([11, 5]);
  expect(committed(events)).toEqual({ before: 11, after: 5, foldedEvents: 7, keptEvents: 4 });
});

test("EVT-11: messages added between the request and its result stay after the summary, and count", async () => {
  const events: RunEvent[] = [];
  const stub = heldSummarizer();
  const its = await inBackground({
    ...presets.pipecat({ maxUnsummarizedMessages: 8, minMessagesAfterSummary: 4 }),
    summarizer: stub,
    onEvent: (event) => events.push(event),
    limit: false,
  });
  const given = [s("be kind", { id: "s" }), ...turns(4).map((event, at) => ({ ...event, id: String(at) }))];
  await appendAll(its.sessions, its.session, given);
  await until(() => stub.requests.length === 1);
  await its.sessions.appendEvent({ ...its, event: a("late", { id: "late" }) });
  stub.releaseAll();
  await its.sessions.flush();
  expect(await its.window()).toEqual(["s", "S", "4", "5", "6", "7", "late"]);
  expect(committed(events)).toEqual({ before: 10, after: 7, foldedEvents: 4, keptEvents: 6 });
  expect(shown((await its.inner.getSession(KEY))?.events ?? [])).toHaveLength(11);
});
