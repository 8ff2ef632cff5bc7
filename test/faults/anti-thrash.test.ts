import {
  type EventInput,
  eventCountThreshold,
  STRATEGIES,
  type SummarizeOutcome,
  tokenThreshold,
  type WithSummariesOptions,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { oneTokenACharacter, shown, summarized, turns } from "../support/folds.ts";
import { modelSession, playing } from "../support/model-session.ts";
import { skippedBecause } from "../support/outcomes.ts";
import { appendAll, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const force = { force: true } as const;
const TURNS = 20;

/** One turn of 200 characters. */
const longTurn = (at: number): readonly EventInput[] => [
  u(`question ${at} `.padEnd(100, "q")),
  a(`answer ${at} `.padEnd(100, "a")),
];

/** What became of the turns behind the kept tail, and how many calls the model got. */
interface Played {
  readonly calls: number;
  readonly outcomes: readonly string[];
}

/** Plays twenty turns more than are kept, in a session that folds by itself. */
async function play(keep: number, options: WithSummariesOptions = {}): Promise<Played> {
  const server = await playing(["The gist."]);
  const outcomes: string[] = [];
  const onOutcome = (outcome: SummarizeOutcome): void =>
    void outcomes.push(outcome.kind === "skipped" ? outcome.reason : outcome.kind);
  const { sessions, session } = await modelSession(
    {
      mode: "inline",
      model: server.chat(),
      tokenCounter: oneTokenACharacter,
      onOutcome,
      // One turn reaches the trigger, so the window is above it for ever.
      trigger: tokenThreshold(200),
      keep: { turns: keep },
      ...options,
    },
    [],
  );
  const all = Array.from({ length: keep + TURNS }, (_, at) => longTurn(at)).flat();
  await appendAll(sessions, session, all);
  const full = (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
  expect(full.filter(({ author }) => author !== "system")).toHaveLength(all.length);
  expect(outcomes.filter((kind) => kind === "summarized")).toHaveLength(server.requests.length);
  expect(outcomes).not.toContain("failed");
  return { calls: server.requests.length, outcomes };
}

describe("a kept tail beyond the trigger", () => {
  // A tenth of a window of ten turns and a summary is more than a turn, of one of twenty it is more than two.
  test.each([
    [10, 10],
    [16, 10],
    [20, 7],
    [30, 5],
  ])(
    "of %i turns is summarised when a tenth of the window goes with it: %i calls in 20 turns",
    async (keep, most) => {
      const { calls, outcomes } = await play(keep);
      expect(outcomes).toContain("no-gain");
      expect(calls).toBe(most);
    },
  );

  test("waits for as much as is asked for", async () => {
    expect((await play(8, { minGain: 0.3 })).calls).toBe(5);
    expect((await play(8, { minGain: 0.5 })).calls).toBe(3);
    expect((await play(8, { minGain: 1 })).calls).toBe(1);
  });

  test("is summarised with each turn where nothing is asked for", async () => {
    const { calls, outcomes } = await play(8, { minGain: 0 });
    expect(calls).toBe(TURNS);
    expect(outcomes).not.toContain("no-gain");
  });

  test("waits for so many events, the first time as well", async () => {
    for (const [minEvents, calls] of [
      [2, 20],
      [4, 10],
      [10, 4],
      [40, 1],
      [41, 0],
    ] as const) {
      const played = await play(8, { minGain: 0, minEvents });
      expect(played.calls, `at least ${minEvents}`).toBe(calls);
    }
  });
});

test("force is not held back by a gain or a number of events", async () => {
  const summarizer = stubSummarizer("The gist.");
  const { sessions, session, window } = await modelSession({
    summarizer,
    trigger: () => true,
    minGain: 1,
    minEvents: 100,
  });
  expect(skippedBecause(await sessions.summarize(KEY))).toBe("no-gain");
  expect(summarizer.requests).toHaveLength(0);
  summarized(await sessions.summarize(KEY, force));
  await appendAll(sessions, session, turns(1, 4));
  expect(skippedBecause(await sessions.summarize(KEY, { minEvents: 1 }))).toBe("no-gain");
  summarized(await sessions.summarize(KEY, force));
  expect(summarizer.requests).toHaveLength(2);
  expect((await window())[0]).toBe("S");
});

test("a first fold needs no gain, a further one of another scope neither", async () => {
  const summarizer = stubSummarizer("Gist.");
  const { sessions } = await modelSession(
    { summarizer, trigger: () => true, minGain: 0.9, keep: { turns: 0 } },
    [
      a("what the first agent has to tell", { author: "first" }),
      a("what the second agent has to tell", { author: "second" }),
      ...turns(6).map((event) => ({ ...event, actions: { pinned: true } })),
    ],
  );
  summarized(await sessions.summarize(KEY, { scope: "first" }));
  summarized(await sessions.summarize(KEY, { scope: "second" }));
});

test("pinned events and summaries do not count as events that leave", async () => {
  const summarizer = stubSummarizer("Gist.");
  const options = { summarizer, trigger: () => true, minGain: 0, keep: { turns: 0 }, minEvents: 3 };
  const { sessions, session, ids } = await modelSession(options, turns(2));
  await sessions.mark(session, { pin: ids.slice(0, 2) });
  expect(skippedBecause(await sessions.summarize(KEY))).toBe("no-gain");
  await sessions.mark(session, { unpin: ids.slice(0, 1) });
  expect(summarized(await sessions.summarize(KEY)).summary.coverage.direct).toHaveLength(3);
  // The summary would be read again, but is no news.
  await appendAll(sessions, session, turns(1, 2));
  expect(skippedBecause(await sessions.summarize(KEY))).toBe("no-gain");
});

test("events that were pinned after they were summarised do not count either, when all is read again", async () => {
  const options = {
    trigger: () => true,
    minGain: 0,
    keep: { turns: 0 },
    strategy: "whole",
    minEvents: 3,
  } as const;
  const summarizer = stubSummarizer("Gist.");
  const { sessions, session, ids } = await modelSession({ ...options, summarizer }, turns(2));
  summarized(await sessions.summarize(KEY));
  await sessions.mark(session, { pin: ids.slice(0, 2) });
  await appendAll(sessions, session, turns(1, 2));
  expect(skippedBecause(await sessions.summarize(KEY))).toBe("no-gain");
  summarized(await sessions.summarize(KEY, { minEvents: 2 }));
});

test.each(STRATEGIES)("a lone summary is never summarised again, strategy %s", async (strategy) => {
  const summarizer = stubSummarizer("The gist.");
  const options = { summarizer, strategy, blockLimit: 2, keep: { turns: 0 }, trigger: () => true };
  const { sessions, window } = await modelSession({ ...options, minGain: 0 }, turns(4));
  summarized(await sessions.summarize(KEY));
  expect(await window()).toEqual(["S"]);
  const log = await sessions.getSession({ ...KEY, view: "full" });
  for (const given of [{}, force, { minEvents: 1 }, { ...force, strategy: "whole" }] as const) {
    // Behind a summary alone there is nothing for a trigger to see.
    const expected = "force" in given ? "nothing-new" : "not-triggered";
    expect(skippedBecause(await sessions.summarize(KEY, given))).toBe(expected);
  }
  expect(summarizer.requests).toHaveLength(1);
  expect(await sessions.getSession({ ...KEY, view: "full" })).toEqual(log);
});

describe("a summary that saves nothing", () => {
  // A speaker's long name makes the text that is read longer than what stands in the window.
  const events = [1, 2, 3].map((at) => a(`${at}`.repeat(30), { author: "an agent with a rather long name" }));
  const wordy = (): WithSummariesOptions => ({
    summarizer: stubSummarizer(({ transcript }) => "s".repeat(transcript.length)),
    tokenCounter: oneTokenACharacter,
    keep: { turns: 0 },
    trigger: eventCountThreshold(1),
  });

  test("is not committed", async () => {
    const { sessions, log, ids } = await modelSession(wordy(), events);
    expect(skippedBecause(await sessions.summarize(KEY))).toBe("no-gain");
    expect(await log()).toEqual(ids);
    expect(await sessions.listSummaries(KEY)).toEqual([]);
  });

  test("is committed when it is forced", async () => {
    const { sessions, window } = await modelSession(wordy(), events);
    const { summary } = summarized(await sessions.summarize(KEY, force));
    expect(summary.summaryTokens).toBeGreaterThan(summary.originalTokens);
    expect(await window()).toEqual(["S"]);
  });

  test("as long as what it stands for saves nothing, one token shorter saves", async () => {
    const { sessions } = await modelSession({ ...wordy(), summarizer: stubSummarizer("Gist.") }, events);
    const { summary } = summarized(await sessions.summarize(KEY));
    for (const [length, kind] of [
      [summary.originalTokens, "skipped"],
      [summary.originalTokens - 1, "summarized"],
    ] as const) {
      const summarizer = stubSummarizer("s".repeat(length));
      const made = await modelSession({ ...wordy(), summarizer }, events);
      expect((await made.sessions.summarize(KEY)).kind).toBe(kind);
    }
  });
});

test("a window above its trigger does not fold what it has just folded", async () => {
  const server = await playing(["The gist."]);
  const { sessions, window } = await modelSession(
    { model: server.chat(), trigger: tokenThreshold(1), keep: { turns: 8 } },
    Array.from({ length: 10 }, (_, at) => longTurn(at)).flat(),
  );
  summarized(await sessions.summarize(KEY));
  const before = await window();
  for (let call = 0; call < 5; call++) {
    expect(["nothing-new", "no-gain"]).toContain(skippedBecause(await sessions.summarize(KEY)));
  }
  expect(await window()).toEqual(before);
  expect(shown((await sessions.getSession(KEY))?.events ?? [])).toHaveLength(17);
  expect(server.requests).toHaveLength(1);
});

test("one agent among many waits for a share of its own part, not of everybody's", async () => {
  const options: WithSummariesOptions = {
    mode: "manual",
    summarizer: stubSummarizer("S"),
    trigger: () => true,
    keep: { events: 0 },
    minGain: 0.2,
    tokenCounter: oneTokenACharacter,
  };
  const { sessions, session } = await modelSession(options, []);
  const said = (author: string, at: number): EventInput => a(`${author} ${at} `.padEnd(100, "x"), { author });
  const agents = ["ann", "bob", "cleo", "dan", "eve", "finn"];
  const scope = { scope: "ann" } as const;
  await appendAll(
    sessions,
    session,
    Array.from({ length: 8 }, (_, at) => agents.map((who) => said(who, at))).flat(),
  );
  summarized(await sessions.summarize(session, scope));
  await appendAll(
    sessions,
    session,
    agents.map((who) => said(who, 8)),
  );
  // What Ann said anew is most of her part, and a fiftieth of the window.
  summarized(await sessions.summarize(session, scope));
  expect(skippedBecause(await sessions.summarize(session, scope))).toBe("not-triggered");
});
