import {
  createEvent,
  eventCountThreshold,
  isSummaryEvent,
  type SessionService,
  type WithSummariesOptions,
  withSummaries,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import {
  appendTurns,
  heldSummarizer,
  InterceptedService,
  inBackground,
  until,
} from "../background/support.ts";
import { u } from "../support/events.ts";
import { shown, turns } from "../support/folds.ts";
import { failure } from "../support/outcomes.ts";
import { appendAll, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const IDS = ["e0", "e1", "e2", "e3", "e4", "e5"];

async function stored(inner: SessionService): Promise<readonly string[]> {
  return shown((await inner.getSession(KEY))?.events ?? []);
}

test("a process that dies between the model's answer and the commit leaves the log as it was; the next one folds", async () => {
  const store = new InterceptedService();
  const its = await inBackground({ summarizer: stubSummarizer("never stored") }, store);
  let isCommitting = false;
  store.intercepts.appendEvent = ({ event }) => {
    if (event.actions?.summary === undefined) return undefined;
    isCommitting = true;
    // It comes no further: nothing after this runs any more in a process that is gone.
    return new Promise(() => {});
  };
  await appendTurns(its, 3);
  await until(() => isCommitting);
  store.intercepts.appendEvent = undefined;
  expect(await stored(store)).toEqual(IDS);
  const options = { trigger: eventCountThreshold(6), keep: { turns: 1 } };
  const next = withSummaries(store, { ...options, summarizer: stubSummarizer("stored") });
  expect(shown((await next.getSession(KEY))?.events ?? [])).toEqual(IDS);
  await appendTurns({ ...its, sessions: next }, 1, 3);
  await next.flush();
  expect((await next.listSummaries(KEY)).map(({ text }) => text)).toEqual(["stored"]);
});

test("a decorator that is made anew over the same store shows the same window", async () => {
  const its = await inBackground({ summarizer: stubSummarizer() });
  await appendTurns(its, 5);
  await its.sessions.flush();
  const next = withSummaries(its.inner, { mode: "manual" });
  expect(shown((await next.getSession(KEY))?.events ?? [])).toEqual(await its.window());
});

test("of two decorators over one store that fold the same, at most one takes effect, and nothing is lost", async () => {
  const stubs = [heldSummarizer(), heldSummarizer()] as const;
  const first = await inBackground({ summarizer: stubs[0], limit: false });
  const options = { trigger: eventCountThreshold(1), keep: { turns: 1 }, limit: false } as const;
  const second = withSummaries(first.inner, { ...options, summarizer: stubs[1] });
  await appendTurns(first, 3);
  await appendTurns({ ...first, sessions: second }, 1, 3);
  await until(() => stubs.every(({ requests }) => requests.length === 1));
  for (const stub of stubs) stub.releaseAll();
  await Promise.all([first.sessions.flush(), second.flush()]);
  const effective = (await second.listSummaryStatus(KEY)).filter(({ status }) => status === "effective");
  expect(effective).toHaveLength(1);
  const [window, other] = [await first.window(), shown((await second.getSession(KEY))?.events ?? [])];
  expect(window).toEqual(other);
  expect((await stored(first.inner)).filter((id) => id !== "S")).toEqual([...IDS, "e6", "e7"]);
});

describe("a store that fails", () => {
  test("when an event is appended fails that append, and one that is tried again is stored once", async () => {
    const store = new InterceptedService();
    const its = await inBackground({ summarizer: stubSummarizer() }, store);
    store.intercepts.appendEvent = () => {
      throw new Error("disk full");
    };
    const event = u("hello", { id: "hello" });
    await expect(its.sessions.appendEvent({ ...its, event })).rejects.toThrow("disk full");
    expect(await stored(store)).toEqual([]);
    store.intercepts.appendEvent = undefined;
    for (let attempt = 0; attempt < 2; attempt++) await its.sessions.appendEvent({ ...its, event });
    expect(await stored(store)).toEqual(["hello"]);
  });

  test("when a session is read fails that call, and the next one works", async () => {
    const store = new InterceptedService();
    const its = await inBackground({ summarizer: stubSummarizer() }, store);
    await appendTurns(its, 2);
    await its.sessions.flush();
    store.intercepts.getSession = () => {
      throw new Error("gone");
    };
    await expect(its.sessions.getSession(KEY)).rejects.toThrow("gone");
    await expect(its.sessions.appendEvent({ ...its, event: u("lost") })).rejects.toThrow("gone");
    store.intercepts.getSession = undefined;
    await appendTurns(its, 1, 2);
    await its.sessions.flush();
    expect(await its.window()).toEqual(["S", "e4", "e5"]);
  });

  test("after it has stored a summary is found to have it: it counts, and is made no second time", async () => {
    const store = new AcknowledgementLost();
    const stub = stubSummarizer();
    const its = await inBackground({ summarizer: stub }, store);
    await appendTurns(its, 3);
    await its.sessions.flush();
    expect(its.outcomes.map(({ outcome }) => outcome.kind)).toContain("failed");
    expect(await its.window()).toEqual(["S", "e4", "e5"]);
    expect(stub.requests).toHaveLength(1);
  });
});

/** Stores a summary and then fails to say so. */
class AcknowledgementLost extends InterceptedService {
  override async appendEvent(request: Parameters<InterceptedService["appendEvent"]>[0]) {
    const answer = await super.appendEvent(request);
    if (isSummaryEvent(createEvent(answer, 0, () => 0))) throw new Error("connection lost");
    return answer;
  }
}

const thrower = (): never => {
  throw new Error("the user's secret");
};

test.each<[string, WithSummariesOptions, string]>([
  ["the trigger", { trigger: thrower }, "trigger-failed"],
  ["keep", { keep: thrower }, "keep-failed"],
  ["the hook before", { hooks: { before: thrower } }, "hook-failed"],
  ["the hook after", { hooks: { after: thrower } }, "hook-failed"],
  ["redact", { redact: thrower }, "summarizer-failed"],
  ["the transcript's format", { transcript: { speaker: thrower } }, "summarizer-failed"],
  ["the summarizer", { summarizer: stubSummarizer(thrower), retry: false }, "summarizer-failed"],
])(
  "%s throws: the fold fails, appends and reads go on, and nothing of it is logged",
  async (_, given, code) => {
    const its = await inBackground({ summarizer: stubSummarizer(), ...given });
    await appendTurns(its, 7);
    await its.sessions.flush();
    expect(shown((await its.sessions.getSession(KEY))?.events ?? [])).toHaveLength(14);
    const failed = its.outcomes.filter(({ outcome }) => outcome.kind === "failed");
    expect(failed.length).toBeGreaterThan(0);
    for (const { outcome } of failed) {
      expect(failure(outcome).code).toBe(code);
      expect(failure(outcome).message).not.toContain("secret");
    }
    expect(its.warnings.join()).not.toContain("secret");
    expect(await stored(its.inner)).toHaveLength(14);
  },
);

test("a clock that goes backwards neither loses, nor reorders, nor folds anything twice", async () => {
  let now = 1_700_000_000_000;
  const clock = (): number => {
    now -= 60_000;
    return now;
  };
  const stub = stubSummarizer();
  const its = await inBackground({ summarizer: stub, clock });
  const given = turns(6).map((event, at) => ({ ...event, id: `e${at}` }));
  for (let turn = 0; turn < 6; turn++) {
    await appendAll(its.sessions, its.session, given.slice(2 * turn, 2 * turn + 2));
    await its.sessions.flush();
  }
  expect((await stored(its.inner)).filter((id) => id !== "S")).toEqual(given.map(({ id }) => id));
  const read = stub.requests.flatMap(({ events }) => events.map(({ id }) => id));
  expect(new Set(read).size).toBe(read.length);
  expect((await its.window()).slice(-2)).toEqual(["e10", "e11"]);
  expect((await its.window()).at(0)).toBe("S");
});
