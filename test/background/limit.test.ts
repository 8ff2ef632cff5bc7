import {
  anyOf,
  contextFraction,
  conversationThreshold,
  eventCountThreshold,
  idleGap,
  type SessionStatistics,
  type Trigger,
  textThreshold,
  timeIntervalThreshold,
  tokenThreshold,
  type WithSummariesOptions,
  withSummaries,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { numbered } from "../support/events.ts";
import { oneTokenACharacter, shown, turns } from "../support/folds.ts";
import { KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import {
  appendTurns,
  type BackgroundSession,
  gate,
  heldSummarizer,
  InterceptedService,
  inBackground,
  settled,
  until,
} from "./support.ts";

/** A read of the window that waits if it must, and whether it is over. */
function reading({ sessions }: BackgroundSession, request = {}) {
  const read = {
    isOver: false,
    window: sessions.getSession({ ...KEY, ...request }).then((session) => {
      read.isOver = true;
      return shown(session?.events ?? []);
    }),
  };
  return read;
}

/** Whether a read waits for the fold of so many turns. */
async function waitsAt(count: number, options: WithSummariesOptions): Promise<boolean> {
  const stub = heldSummarizer();
  const its = await inBackground({ summarizer: stub, ...options });
  await appendTurns(its, count);
  await settled();
  const read = reading(its);
  await settled();
  const waits = !read.isOver;
  stub.releaseAll();
  const window = await read.window;
  await its.sessions.flush();
  // A read that waited sees the summary, one that did not was ahead of it.
  expect(window.includes("S")).toBe(waits);
  return waits;
}

describe("a read of the window waits", () => {
  test("past twice what the trigger asks for", async () => {
    expect(await waitsAt(5, {})).toBe(false);
    expect(await waitsAt(6, {})).toBe(true);
  });

  test("past a limit of one's own", async () => {
    expect(await waitsAt(4, { limit: conversationThreshold(5) })).toBe(false);
    expect(await waitsAt(5, { limit: conversationThreshold(5) })).toBe(true);
    expect(await waitsAt(5, { limit: [conversationThreshold(5), eventCountThreshold(11)] })).toBe(false);
  });

  test("never with `limit: false`, of the full view, or with `wait: false`", async () => {
    expect(await waitsAt(40, { limit: false })).toBe(false);
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub });
    await appendTurns(its, 40);
    await until(() => stub.requests.length === 1);
    expect(await reading(its, { wait: false }).window).toHaveLength(80);
    expect(await reading(its, { view: "full" }).window).toHaveLength(80);
    stub.releaseAll();
  });

  test.each<[string, Trigger]>([
    ["idleGap", anyOf(idleGap(300), conversationThreshold(20))],
    ["timeIntervalThreshold", anyOf(timeIntervalThreshold(300), conversationThreshold(20))],
    ["a trigger that fires at any size", () => true],
    ["the length of a text", ({ longestText }) => longestText > 5],
  ])("not for %s", async (_, trigger) => {
    // All events are long ago, so that every time-out has passed.
    expect(await waitsAt(19, { trigger })).toBe(false);
  });

  test("for sizes beside times", async () => {
    const trigger = anyOf(idleGap(300), conversationThreshold(9));
    expect(await waitsAt(17, { trigger })).toBe(false);
    expect(await waitsAt(18, { trigger })).toBe(true);
  });

  test.each<[string, Trigger, Trigger]>([
    ["events", eventCountThreshold(6), eventCountThreshold(12)],
    ["tokens", tokenThreshold(80), tokenThreshold(160)],
    ["characters", textThreshold(100), textThreshold(200)],
    ["turns and tokens", anyOf(conversationThreshold(4), tokenThreshold(1000)), conversationThreshold(8)],
  ])("at twice the %s", async (_, trigger, limit) => {
    const first = async (options: WithSummariesOptions): Promise<number> => {
      let count = 1;
      while (!(await waitsAt(count, { tokenCounter: oneTokenACharacter, trigger, ...options }))) count++;
      return count;
    };
    expect(await first({})).toBe(await first({ limit }));
  });

  test("where the context window is full, though that is less than twice the trigger", async () => {
    const options = {
      trigger: contextFraction(0.8),
      contextWindow: 400,
      tokenCounter: oneTokenACharacter,
    };
    // A turn has 18 characters and some tokens for each message.
    const figures: boolean[] = [];
    for (const count of [10, 30]) figures.push(await waitsAt(count, options));
    expect(figures).toEqual([false, true]);
  });
});

describe("the wait", () => {
  test("ends after `limitWaitMs` with the unfolded window, and nobody waits for that fold again", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub, limitWaitMs: 30 });
    await appendTurns(its, 6);
    expect(await reading(its).window).toHaveLength(12);
    const again = reading(its);
    await settled();
    expect(again.isOver).toBe(true);
    // Not after an append either: what would come next stands behind the fold that hangs.
    await appendTurns(its, 1, 6);
    const later = reading(its);
    await settled();
    expect(later.isOver).toBe(true);
    stub.releaseAll();
    await its.sessions.flush();
    expect(await reading(its).window).toEqual(["S", "e10", "e11", "e12", "e13"]);
  });

  test("that was in vain before the fold began is not repeated once it has", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub, limitWaitMs: 30, maxConcurrentFolds: 1 });
    const other = await its.sessions.createSession({ ...KEY, sessionId: "other" });
    await appendTurns({ sessions: its.sessions, session: other }, 3);
    await until(() => stub.requests.length === 1);
    await appendTurns(its, 6);
    expect(await reading(its).window).toHaveLength(12);
    stub.release();
    await until(() => stub.requests.length === 2);
    const again = reading(its);
    await settled();
    expect(again.isOver).toBe(true);
    stub.releaseAll();
    await its.sessions.flush();
    expect(await reading(its).window).toEqual(["S", "e10", "e11"]);
  });

  test("is not repeated for a state that was tried, whatever came of it", async () => {
    const failing = stubSummarizer(() => {
      throw new Error("no");
    });
    const its = await inBackground({ summarizer: failing, retry: false });
    await appendTurns(its, 7);
    await its.sessions.flush();
    const calls = failing.requests.length;
    for (let read = 0; read < 3; read++) expect(await reading(its).window).toHaveLength(14);
    await its.sessions.flush();
    expect(failing.requests).toHaveLength(calls);
  });

  test("nor where the session has been forgotten meanwhile, and is read anew", async () => {
    const failing = stubSummarizer(() => {
      throw new Error("no");
    });
    const its = await inBackground({ summarizer: failing, retry: false, maxCachedSessions: 1 });
    await appendTurns(its, 7);
    await its.sessions.flush();
    const calls = failing.requests.length;
    const others = await its.sessions.createSession({ ...KEY, sessionId: "other" });
    for (let read = 0; read < 3; read++) {
      await its.sessions.getSession(others);
      expect(await reading(its).window).toHaveLength(14);
    }
    await its.sessions.flush();
    expect(failing.requests).toHaveLength(calls);
    // What comes new is another state.
    for (const event of numbered(turns(8)).slice(14, 15))
      await its.sessions.appendEvent({ ...its, event, fold: false });
    await its.sessions.getSession(others);
    expect(await reading(its).window).toHaveLength(15);
    expect(failing.requests).toHaveLength(calls + 1);
  });

  test("is over when a fold is in, though the tail that is kept is past the limit by itself", async () => {
    let busy: ReturnType<typeof heldSummarizer> | undefined;
    const stub = stubSummarizer((request) => (busy === undefined ? "SUM" : busy.summarize(request)));
    const its = await inBackground({
      summarizer: stub,
      trigger: eventCountThreshold(4),
      keep: { turns: 8 },
      maxConcurrentFolds: 1,
    });
    await appendTurns(its, 12);
    await its.sessions.flush();
    expect(await its.window()).toContain("S");
    busy = heldSummarizer();
    const other = await its.sessions.createSession({ ...KEY, sessionId: "other" });
    await appendTurns({ sessions: its.sessions, session: other }, 12);
    await until(() => busy?.requests.length === 1);
    const read = reading(its);
    await settled();
    expect(read.isOver).toBe(true);
    busy.releaseAll();
  });

  test("starts the fold of a session that nobody is about to fold, such as one from before a restart", async () => {
    const before = await inBackground({ mode: "manual" });
    await appendTurns(before, 6);
    const stub = stubSummarizer();
    const options = { summarizer: stub, trigger: conversationThreshold(3), keep: { turns: 1 } };
    const sessions = withSummaries(before.inner, options);
    expect(shown((await sessions.getSession(KEY))?.events ?? [])).toEqual(["S", "e10", "e11"]);
    expect(stub.requests).toHaveLength(1);
  });

  test("ends at once when the service is closed", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub });
    await appendTurns(its, 6);
    const read = reading(its);
    await settled();
    expect(read.isOver).toBe(false);
    await its.sessions.close({ drainMs: 0 });
    expect(await read.window).toHaveLength(12);
  });

  test("for a store that fails to be read in the background ends, and the store is not asked in a loop", async () => {
    const store = new InterceptedService();
    const its = await inBackground({ mode: "background", summarizer: stubSummarizer() }, store);
    for (const event of numbered(turns(6))) await its.sessions.appendEvent({ ...its, event, fold: false });
    let reads = 0;
    store.intercepts.getSession = () => {
      if (++reads === 2) throw new Error("the store is gone");
    };
    expect(await reading(its).window).toHaveLength(12);
    expect(reads).toBe(3);
    expect(its.warnings).toHaveLength(1);
    expect(its.warnings[0]).not.toContain("gone");
  });
});

describe("who works on the session may read it", () => {
  const limits = { wait: [{ wait: false }, 60_000], noWait: [{}, 30] } as const;

  describe.each(Object.entries(limits))("%s", (_, [request, limitWaitMs]) => {
    test.each(["before", "after", "summarizer", "trigger", "limit"] as const)("from %s", async (place) => {
      const seen: number[] = [];
      const read = async (): Promise<undefined> => {
        const session = await its.sessions.getSession({ ...KEY, ...request });
        seen.push(session?.events.length ?? 0);
      };
      const reading = async (statistics: SessionStatistics): Promise<boolean> => {
        if (statistics.userEvents >= 6) await read();
        return statistics.userEvents >= 6;
      };
      const its: BackgroundSession = await inBackground({
        limitWaitMs,
        trigger: place === "trigger" ? reading : conversationThreshold(6),
        limit: place === "limit" ? reading : conversationThreshold(6),
        hooks: place === "before" || place === "after" ? { [place]: read } : {},
        summarizer: stubSummarizer(async () => {
          if (place === "summarizer") await read();
          return "SUM";
        }),
      });
      await appendTurns(its, 6);
      const waited = await its.sessions.getSession(KEY);
      await its.sessions.flush();
      await until(() => seen.includes(12));
      expect(waited?.events.length).toBeGreaterThan(0);
      expect(await its.window()).toEqual(["S", "e10", "e11"]);
    });
  });
});

test("a limit that fails is logged without its words, and the read does not wait; one that hangs ends in time", async () => {
  const { opened, open } = gate();
  let hangs = false;
  const its = await inBackground({
    summarizer: heldSummarizer(),
    limitWaitMs: 30,
    limit: async () => {
      if (hangs) await opened;
      throw new Error("the user's secret");
    },
  });
  await appendTurns(its, 6);
  expect(await reading(its).window).toHaveLength(12);
  expect(its.warnings.join()).toContain("limit");
  expect(its.warnings.join()).not.toContain("secret");
  hangs = true;
  await appendTurns(its, 1, 6);
  expect(await reading(its).window).toHaveLength(14);
  open();
  await its.sessions.close({ drainMs: 0 });
});
