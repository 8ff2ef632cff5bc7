import { ConfigurationError, presets, SessionSummarizer } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, numbered, s, u } from "../support/events.ts";
import { explanationOf, fold, turns } from "../support/folds.ts";
import { appendAll, decorated } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const agentEvents = (count: number) => Array.from({ length: count }, (_, at) => a(`answer ${at}`));

describe("Keep policy and cut point, as tRPC-Agent", () => {
  test("CUT-01: of 10 agent events with keep 3 the window is one summary and the last 3", async () => {
    const { selected, lastIndex, window } = await fold(agentEvents(10), presets.trpcAgent({ keepEvents: 3 }));
    expect(window).toEqual(["S", "e7", "e8", "e9"]);
    expect(selected).toEqual(["e0", "e1", "e2", "e3", "e4", "e5", "e6"]);
    expect(lastIndex).toBe(6);
  });

  test("CUT-06: without a user event the cut falls between the events: [a, a] keep 1 selects the first", async () => {
    const { selected, lastIndex, window } = await fold(agentEvents(2), presets.trpcAgent({ keepEvents: 1 }));
    expect(selected).toEqual(["e0"]);
    expect(lastIndex).toBe(0);
    expect(window).toEqual(["S", "e1"]);
    // Keeping both leaves nothing to select.
    const both = await fold(agentEvents(2), presets.trpcAgent({ keepEvents: 2 }));
    expect(both).toEqual({
      selected: [],
      lastIndex: -1,
      window: ["e0:opening", "e0", "e1"],
      reason: "nothing-to-summarise",
    });
  });

  test("CUT-09: keep 0 of 5 events leaves the summary alone in the window", async () => {
    for (const events of [agentEvents(5), [u("one"), a("two"), u("three"), a("four"), a("five")]]) {
      const { selected, window } = await fold(events, presets.trpcAgent({ keepEvents: 0 }));
      expect(window).toEqual(["S"]);
      expect(selected).toEqual(["e0", "e1", "e2", "e3", "e4"]);
    }
  });

  test("CUT-12: an empty list selects nothing, the cut is -1 and the model is not called", async () => {
    const forced = await fold([], presets.trpcAgent());
    expect(forced).toEqual({ selected: [], lastIndex: -1, window: [], reason: "nothing-to-summarise" });
    const summarizer = stubSummarizer();
    const asked = new SessionSummarizer({ ...presets.trpcAgent(), trigger: () => true, summarizer });
    expect(await asked.summarizeEvents([])).toMatchObject({ kind: "skipped", reason: "not-triggered" });
    expect(summarizer.requests).toHaveLength(0);
    // The same summarizer is called once there is something to read.
    await asked.summarizeEvents([a("something"), ...agentEvents(10)]);
    expect(summarizer.requests).toHaveLength(1);
  });

  test("CUT-17: the author USER or User is a user", async () => {
    const options = presets.trpcAgent({ keepEvents: 2 });
    for (const author of ["USER", "User"]) {
      const events = [u("one", { author }), a("two"), u("three", { author }), a("four"), a("five")];
      // The tail grows back to the start of the turn, which only a user event is.
      const { selected, window } = await fold(events, options);
      expect(selected).toEqual(["e0", "e1"]);
      expect(window).toEqual(["S", "e2", "e3", "e4"]);
      const outcome = await new SessionSummarizer(options).summarizeEvents(events);
      expect(explanationOf(outcome)).toMatchObject({ name: "turns", observed: 2 });
      // The message may also come as plain text, whose role is then the author's.
      const plain = await new SessionSummarizer(options).summarizeEvents([{ author, message: "hello" }]);
      expect(explanationOf(plain).observed).toBe(1);
    }
    // Another author is none, whatever the role of the message.
    const other = await fold(
      [u("one"), a("two"), u("three", { author: "usher" }), a("four"), a("five")],
      options,
    );
    expect(other.selected).toEqual(["e0", "e1", "e2"]);
  });
});

describe("Keep policy and cut point, fixed", () => {
  const aNegativeKeep = { name: "ConfigurationError", message: expect.stringMatching(/`keep.*-1/) };

  test("CUT-11: a negative keep is a configuration error", async () => {
    const { sessions, session } = await decorated({ mode: "manual", summarizer: stubSummarizer() });
    await appendAll(sessions, session, turns(3));
    for (const keep of [{ turns: -1 }, { events: -1 }, { tokens: -1 }]) {
      for (const preset of [presets.trpcAgent(), presets.pipecat(), {}]) {
        expect(() => new SessionSummarizer({ ...preset, keep })).toThrow(ConfigurationError);
        expect(() => new SessionSummarizer({ ...preset, keep })).toThrow(
          `Expected \`keep.${Object.keys(keep)[0]}\` to be an integer >= 0, got -1`,
        );
      }
      await expect(sessions.summarize(session, { force: true, keep })).rejects.toMatchObject(aNegativeKeep);
    }
    expect(() => new SessionSummarizer(presets.trpcAgent({ keepEvents: -1 }))).toThrow(ConfigurationError);
    expect(() => new SessionSummarizer(presets.trpcAgent({ keepEvents: 0 }))).not.toThrow();
    expect(() => new SessionSummarizer({ keep: { turns: 0 } })).not.toThrow();
    // A function's answer is known when it is asked: the attempt fails and nothing is folded.
    const outcome = await sessions.summarize(session, { force: true, keep: () => -1 });
    expect(outcome).toMatchObject({
      kind: "failed",
      error: {
        code: "keep-failed",
        cause: { code: "configuration", message: expect.stringContaining("-1") },
      },
    });
    expect(await sessions.listSummaries(session)).toEqual([]);
  });

  const keepThree = [
    ["presets.trpcAgent", presets.trpcAgent({ keepEvents: 3 })],
    ["the defaults", { keep: { events: 3 } }],
  ] as const;

  test.each(keepThree)(
    "CUT-14: u, a four times with keep 3 is cut at 4 and keeps 4 under %s",
    async (_, options) => {
      const { selected, lastIndex, window } = await fold(turns(4), options);
      expect(selected).toEqual(["e0", "e1", "e2", "e3"]);
      expect(lastIndex).toBe(3);
      expect(window).toEqual(["S", "e4", "e5", "e6", "e7"]);
    },
  );

  const keepFourTurns = [
    ["presets.trpcAgent", { ...presets.trpcAgent(), keep: { turns: 4 } }],
    ["the defaults", { keep: { turns: 4, maxTokens: 8000 } }],
  ] as const;

  test.each(keepFourTurns)(
    "CUT-19: keep 4 turns leaves 8 events alone and folds 2 of 10 under %s",
    async (_, options) => {
      const four = await fold(turns(4), options);
      expect(four).toMatchObject({ selected: [], lastIndex: -1, reason: "nothing-to-summarise" });
      expect(four.window).toHaveLength(8);
      const five = await fold(turns(5), options);
      expect(five.selected).toEqual(["e0", "e1"]);
      expect(five.lastIndex).toBe(1);
      expect(five.window).toEqual(["S", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9"]);
    },
  );
});

describe("Keep policy and cut point, as Pipecat", () => {
  test("CUT-21: behind the system message u1 to a2 are selected with keep 2, last index 4", async () => {
    const events = [s("rules"), ...turns(3)];
    const options = presets.pipecat({ minMessagesAfterSummary: 2 });
    const { selected, lastIndex, window } = await fold(events, options);
    expect(selected).toEqual(["e1", "e2", "e3", "e4"]);
    expect(lastIndex).toBe(4);
    expect(window).toEqual(["e0", "S", "e5", "e6"]);
  });

  test("CUT-22: without a system message 3 of 4 messages are selected with keep 1, last index 2", async () => {
    const { selected, lastIndex, window } = await fold(
      turns(2),
      presets.pipecat({ minMessagesAfterSummary: 1 }),
    );
    expect(selected).toEqual(["e0", "e1", "e2"]);
    expect(lastIndex).toBe(2);
    expect(window).toEqual(["S", "e3"]);
  });

  test("CUT-24: a system message in the middle is summarised with the rest, the leading one is not", async () => {
    const events = [s("rules"), u("one"), a("two"), s("one more rule"), u("three"), a("four")];
    const { selected, lastIndex, window } = await fold(
      events,
      presets.pipecat({ minMessagesAfterSummary: 2 }),
    );
    expect(selected).toEqual(["e1", "e2", "e3"]);
    expect(lastIndex).toBe(3);
    expect(window).toEqual(["e0", "S", "e4", "e5"]);
  });
});

describe("Keep policy and cut point, as the Go agent", () => {
  test("CUT-27: a function keeps the last 2 of u1, a1, u2, a2, r1, r2 and the first 4 are selected", async () => {
    const events = [u("u1"), a("a1"), u("u2"), a("a2"), a("r1"), a("r2")];
    const { selected, lastIndex, window } = await fold(events, { keep: () => 2 });
    expect(selected).toEqual(["e0", "e1", "e2", "e3"]);
    expect(lastIndex).toBe(3);
    expect(window).toEqual(["S", "e4", "e5"]);
    // It sees what it decides about, and its answer counts.
    const seen: string[][] = [];
    const keep = (visible: readonly { readonly id: string }[]) => {
      seen.push(visible.map((event) => event.id));
      return visible.length - 1;
    };
    const summarizer = stubSummarizer();
    const list = numbered([s("rules"), ...events]);
    await new SessionSummarizer({ keep, summarizer }).summarizeEvents(list, { force: true });
    expect(seen).toEqual([["e1", "e2", "e3", "e4", "e5", "e6"]]);
    expect(summarizer.requests[0]?.events.map((event) => event.id)).toEqual(["e1"]);
  });
});
