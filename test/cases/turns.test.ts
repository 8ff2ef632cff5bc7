import {
  allOf,
  conversationThreshold,
  eventCountThreshold,
  presets,
  type SessionKey,
  SessionSummarizer,
  type SummarizingSessionService,
  withSummaries,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, call, res, u } from "../support/events.ts";
import { explanationOf, summarized, turns } from "../support/folds.ts";
import { appendAll, decorated } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

/** How many turns, or events, a session has behind its last summary. Asking for more than there are changes nothing. */
async function countOf(
  sessions: SummarizingSessionService,
  session: SessionKey,
  unit: "turns" | "events" = "turns",
): Promise<number> {
  const trigger = (unit === "turns" ? conversationThreshold : eventCountThreshold)(1_000_000);
  const explanation = explanationOf(await sessions.summarize(session, { trigger }));
  expect(explanation).toMatchObject({ name: unit, fired: false });
  return explanation.observed ?? Number.NaN;
}

/** A session of so many turns that folds only when it is told to. */
async function afterTurns(count: number, options: object) {
  const summarizer = stubSummarizer();
  const given = await decorated({ ...options, mode: "manual", summarizer });
  await appendAll(given.sessions, given.session, turns(count));
  return { ...given, summarizer };
}

describe("Turn counting, as tRPC-Agent", () => {
  test("TRN-01: at a threshold of 10, 15 turns fire and count 0 after the commit, 5 and 10 do not", async () => {
    const preset = presets.trpcAgent({ turns: 10 });
    const fifteen = await afterTurns(15, preset);
    expect(await countOf(fifteen.sessions, fifteen.session)).toBe(15);
    const outcome = await fifteen.sessions.summarize(fifteen.session);
    expect(summarized(outcome).explanation).toMatchObject({ name: "turns", observed: 15, threshold: 10 });
    expect(await countOf(fifteen.sessions, fifteen.session)).toBe(0);
    expect(fifteen.summarizer.requests).toHaveLength(1);
    for (const count of [5, 10]) {
      const { sessions, session, summarizer } = await afterTurns(count, preset);
      const below = await sessions.summarize(session);
      expect(below).toMatchObject({ kind: "skipped", reason: "not-triggered" });
      expect(explanationOf(below)).toMatchObject({ observed: count, threshold: 10, strict: true });
      expect(await countOf(sessions, session)).toBe(count);
      expect(summarizer.requests).toHaveLength(0);
    }
  });

  test("TRN-02: the default turn threshold is 100: 101 turns fire, 100 do not", async () => {
    const fires = async (count: number, options: object) => {
      const summarizer = stubSummarizer();
      const asked = new SessionSummarizer({ ...options, summarizer });
      const outcome = await asked.summarizeEvents(turns(count));
      expect(explanationOf(outcome)).toMatchObject({ name: "turns", observed: count, threshold: 100 });
      expect(summarizer.requests).toHaveLength(outcome.kind === "summarized" ? 1 : 0);
      return explanationOf(outcome).fired;
    };
    expect(await fires(101, presets.trpcAgent())).toBe(true);
    expect(await fires(100, presets.trpcAgent())).toBe(false);
    // Our own default is the same figure, reached.
    for (const options of [{}, { trigger: conversationThreshold() }]) {
      expect(await fires(100, options)).toBe(true);
      expect(await fires(99, options)).toBe(false);
    }
  });

  /** 14 turns at threshold 3 and keep 4 events; after each turn, what is there. */
  async function fourteenTurns() {
    const sizes: string[] = [];
    const summarizer = stubSummarizer();
    const { sessions, session } = await decorated({
      ...presets.trpcAgent({ turns: 3, keepEvents: 4 }),
      summarizer,
      onOutcome: (outcome) => {
        if (outcome.kind !== "skipped") sizes.push(sizeOf(outcome));
      },
    });
    const after = [];
    for (let turn = 1; turn <= 14; turn++) {
      await appendAll(sessions, session, turns(1, turn));
      after.push({
        turn,
        sizes: sizes.splice(0),
        window: (await sessions.getSession(session))?.events.length,
        record: await sessions.getSummary(session),
        count: await countOf(sessions, session),
      });
    }
    return { after, summarizer };
  }

  function sizeOf(outcome: Parameters<typeof summarized>[0]): string {
    const { before, after, summary } = summarized(outcome);
    const sizes = [before.events, after.events];
    expect([summary.originalEventCount, summary.compressedEventCount]).toEqual(sizes);
    return sizes.join(" to ");
  }

  test("TRN-04: at threshold 3 and keep 4 events, 14 turns are folded at turns 4, 8 and 12 only", async () => {
    const { after, summarizer } = await fourteenTurns();
    const folds = after.filter(({ sizes }) => sizes.length > 0).map(({ turn, sizes }) => [turn, ...sizes]);
    expect(folds).toEqual([
      [4, "8 to 5"],
      [8, "13 to 5"],
      [12, "13 to 5"],
    ]);
    expect(summarizer.requests.map(({ events, previous }) => [events.length, previous.length])).toEqual([
      [4, 0],
      [8, 1],
      [8, 1],
    ]);
    expect(after.map(({ window }) => window)).toEqual([2, 4, 6, 5, 7, 9, 11, 5, 7, 9, 11, 5, 7, 9]);
    expect(after.map(({ count }) => count)).toEqual([1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2]);
  });

  test("TRN-06: between two folds the record read is the last stored one, unchanged", async () => {
    const { after } = await fourteenTurns();
    const recordAfter = (turn: number) => after[turn - 1]?.record;
    expect(recordAfter(3)).toBeNull();
    expect(recordAfter(7)).toMatchObject({ originalEventCount: 8, compressedEventCount: 5, version: 1 });
    expect(recordAfter(13)).toMatchObject({ originalEventCount: 13, compressedEventCount: 5, version: 3 });
    for (const [made, ...read] of [
      [4, 5, 6, 7],
      [8, 9, 10, 11],
      [12, 13, 14],
    ] as const) {
      for (const turn of read) expect(recordAfter(turn)?.toJSON()).toEqual(recordAfter(made)?.toJSON());
    }
    expect(recordAfter(8)?.id).not.toBe(recordAfter(7)?.id);
  });

  test("TRN-11: one run of u, call, res, a counts one turn and four events", async () => {
    const { sessions, session } = await afterTurns(2, presets.trpcAgent());
    expect(await countOf(sessions, session)).toBe(2);
    expect(await countOf(sessions, session, "events")).toBe(4);
    const run = [u("look it up"), call("c1"), res("c1"), a("found")];
    await appendAll(
      sessions,
      session,
      run.map((event) => ({ ...event, invocationId: "run-1" })),
    );
    expect(await countOf(sessions, session)).toBe(3);
    expect(await countOf(sessions, session, "events")).toBe(8);
  });

  test("TRN-12: the turn counter survives a reload from the store", async () => {
    const preset = presets.trpcAgent({ turns: 3, keepEvents: 4 });
    const { sessions, session, inner } = await decorated({ ...preset, summarizer: stubSummarizer() });
    await appendAll(sessions, session, turns(3));
    expect(await countOf(sessions, session)).toBe(3);

    const summarizer = stubSummarizer();
    const second = withSummaries(inner, { ...preset, mode: "inline", summarizer });
    expect(await countOf(second, session)).toBe(3);
    // The next turn is the fourth for the new decorator too, and the commit is what a third one counts from.
    await appendAll(second, session, turns(1, 3));
    expect(summarizer.requests).toHaveLength(1);
    expect(await countOf(withSummaries(inner), session)).toBe(0);
    await appendAll(second, session, turns(2, 4));
    expect(await countOf(withSummaries(inner), session)).toBe(2);
    // The one that was there first sees what the other did.
    expect(await countOf(sessions, session)).toBe(2);
  });
});

describe("Turn counting, fixed", () => {
  const moreThanThree = [
    ["presets.trpcAgent", presets.trpcAgent({ keepEvents: 4 }), conversationThreshold(3, { strict: true })],
    ["the defaults", { keep: { turns: 2, maxTokens: 8000 } }, conversationThreshold(4)],
  ] as const;

  test.each(moreThanThree)(
    "TRN-07: turns and a false trigger do not fire at 5 turns and the count stays 5 under %s",
    async (_, options, threshold) => {
      const { sessions, session, summarizer } = await afterTurns(5, options);
      const both = [allOf(threshold, () => false), [threshold, () => false]] as const;
      for (const trigger of [...both, ...both]) {
        const outcome = await sessions.summarize(session, { trigger });
        expect(outcome).toMatchObject({ kind: "skipped", reason: "not-triggered" });
        expect(explanationOf(outcome).children).toMatchObject([
          { name: "turns", fired: true, observed: 5 },
          { fired: false },
        ]);
        expect(await countOf(sessions, session)).toBe(5);
      }
      expect(summarizer.requests).toHaveLength(0);
      // The threshold alone fires even now, and its commit is what resets the count.
      expect((await sessions.summarize(session, { trigger: threshold })).kind).toBe("summarized");
      expect(await countOf(sessions, session)).toBe(0);
    },
  );

  const threshold3 = [
    ["presets.trpcAgent", presets.trpcAgent({ turns: 3, keepEvents: 2 }), 4],
    ["the defaults", { trigger: conversationThreshold(3), keep: { turns: 1, maxTokens: 8000 } }, 3],
  ] as const;

  test.each(threshold3)(
    "TRN-09: a forced summary at 2 of 3 turns sets the count to 0 under %s",
    async (_, options, due) => {
      const { sessions, session, summarizer } = await afterTurns(2, options);
      expect(await countOf(sessions, session)).toBe(2);
      expect(await sessions.summarize(session)).toMatchObject({ kind: "skipped", reason: "not-triggered" });
      // Only a success counts.
      const fails = stubSummarizer(() => Promise.reject(new Error("no model today")));
      const failed = await sessions.summarize(session, { force: true, summarizer: fails });
      expect([failed.kind, fails.requests.length]).toEqual(["failed", 1]);
      expect(await countOf(sessions, session)).toBe(2);

      const { summary } = summarized(await sessions.summarize(session, { force: true }));
      expect(summary.trigger).toBe("force");
      expect(await countOf(sessions, session)).toBe(0);
      // What fires next counts from there: not the two turns before, and the kept turn neither.
      for (let turn = 1; turn < due; turn++) {
        await appendAll(sessions, session, turns(1, turn));
        expect(await sessions.summarize(session)).toMatchObject({ reason: "not-triggered" });
      }
      await appendAll(sessions, session, turns(1, due));
      expect((await sessions.summarize(session)).kind).toBe("summarized");
      expect(summarizer.requests).toHaveLength(2);
    },
  );
});
