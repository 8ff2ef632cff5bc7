import { AIMessage } from "@langchain/core/messages";
import { FoldedLog, isSummaryEvent, windowOf } from "@sessionfold/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { a, call, numbered, res, s, u } from "../support/events.ts";
import { histories, play } from "../support/histories.ts";
import { requestProblems } from "../support/provider-rules.ts";

const RUNS = Number(process.env.SESSIONFOLD_FUZZ_RUNS ?? 4000);

function messagesOf(log: FoldedLog, options: Parameters<typeof windowOf>[1] = {}) {
  return windowOf(log, options).flatMap((event) => (event.message === undefined ? [] : [event.message]));
}

test("every window of an interleaved log is a request that providers accept", () => {
  let naivelyRefused = 0;
  fc.assert(
    fc.property(
      histories(40),
      fc.constantFrom(undefined, "agent", "other"),
      fc.boolean(),
      (steps, agent, mergeSummaries) => {
        const log = FoldedLog.of(play(steps));
        expect(requestProblems(messagesOf(log, { agent, mergeSummaries }), { openRoundLast: true })).toEqual(
          [],
        );
        const naive = log.visible.flatMap((event) => (event.message === undefined ? [] : [event.message]));
        if (requestProblems(naive, { openRoundLast: true }).length > 0) naivelyRefused++;
      },
    ),
    { numRuns: RUNS },
  );
  // The histories are hard enough for the check to mean something.
  expect(naivelyRefused / RUNS).toBeGreaterThan(0.5);
});

test("a window holds every visible event with content once, and every effective summary once", () => {
  fc.assert(
    fc.property(histories(40), (steps) => {
      const log = FoldedLog.of(play(steps));
      const shown = windowOf(log).map((event) => event.id);
      expect(new Set(shown).size).toBe(shown.length);
      for (const { summary } of log.effective) expect(shown).toContain(summary.id);
      for (const event of log.visible) {
        const round = log.rounds.roundOf(event);
        const pending = round !== undefined && log.rounds.isPending(round);
        const empty = event.message?.text === "" && round === undefined && event.message.type !== "tool";
        if (!pending && !empty) expect(shown).toContain(event.id);
      }
    }),
    { numRuns: RUNS / 2 },
  );
});

test("what is visible stays in log order, but for rounds, which stand at their call", () => {
  fc.assert(
    fc.property(histories(40), (steps) => {
      const log = FoldedLog.of(play(steps));
      const order = windowOf(log)
        .filter((event) => !isSummaryEvent(event) && event.actions.synthetic === undefined)
        .filter((event) => {
          const round = log.rounds.roundOf(event);
          return round === undefined || (round.call.id === event.id && !log.rounds.isPending(round));
        })
        .map((event) => event.seq);
      expect(order).toEqual([...order].sort((x, y) => x - y));
    }),
    { numRuns: RUNS / 2 },
  );
});

function logOf(events: Parameters<typeof numbered>[0]): FoldedLog {
  return FoldedLog.of(
    numbered(events).map(
      (event, seq) => ({ ...play([]), ...event, seq, actions: event.actions ?? {} }) as never,
    ),
  );
}

describe("the checker refuses what providers refuse", () => {
  const user = u("q").message as never;
  const calls = (...ids: string[]) => call(ids).message as never;
  const result = (id: string) => res(id).message as never;
  test.each([
    ["a result without its call", [user, result("c1")]],
    ["a call without its result", [user, calls("c1"), user]],
    ["results apart from their call", [user, calls("c1", "c2"), result("c1"), user, result("c2")]],
    ["a call answered twice", [user, calls("c1"), result("c1"), result("c1")]],
    ["results out of order", [user, calls("c1", "c2"), result("c2"), result("c1")]],
    ["an agent who speaks first", [a("hi").message as never, user]],
    ["an empty answer", [user, new AIMessage("")]],
  ])("%s", (_, messages) => {
    expect(requestProblems(messages)).not.toEqual([]);
  });
  test("and accepts a good request", () => {
    const good = [
      s("rules").message as never,
      user,
      calls("c1", "c2"),
      result("c1"),
      result("c2"),
      a("done").message as never,
    ];
    expect(requestProblems(good)).toEqual([]);
  });
});

describe("window rules, one by one", () => {
  const texts = (log: FoldedLog, options = {}) => windowOf(log, options).map((event) => event.id);

  test("c. results are pulled to their call, in call order, whatever lay between", () => {
    const log = logOf([
      u("q"),
      call(["c1", "c2"]),
      { ...a("aside"), author: "other" },
      res("c2"),
      res("c1"),
      a("done"),
    ]);
    expect(texts(log)).toEqual(["e0", "e1", "e4", "e3", "e2", "e5"]);
  });

  test("d. a call that a user event follows gets a marked placeholder, its late result becomes a user's note", () => {
    const log = logOf([u("q"), call("c1"), u("never mind"), a("ok"), res("c1"), a("so be it")]);
    const window = windowOf(log);
    expect(window.map((event) => event.message?.type)).toEqual([
      "human",
      "ai",
      "tool",
      "human",
      "ai",
      "human",
      "ai",
    ]);
    expect(window[2]?.actions.synthetic).toBe("missing-result");
    expect(window[5]?.actions.synthetic).toBe("late-result");
    expect(window[5]?.message?.text).toContain("result of c1");
  });

  test("e. a result without a call is a user's note", () => {
    const window = windowOf(logOf([u("q"), res("c9"), a("hm")]));
    expect(window.map((event) => event.message?.type)).toEqual(["human", "human", "ai"]);
    expect(window[1]?.actions.synthetic).toBe("orphan-result");
  });

  test("f. the running agent's open round comes last, another agent's is left out", () => {
    const log = logOf([
      u("q"),
      call("c1"),
      { ...call("c2"), author: "other" },
      { ...a("aside"), author: "third" },
    ]);
    expect(texts(log, { agent: "agent" })).toEqual(["e0", "e3", "e1"]);
    expect(texts(log, { agent: "other" })).toEqual(["e0", "e3", "e2"]);
  });

  test("h. a user's line stands before a window that starts with another role", () => {
    const window = windowOf(logOf([s("rules"), a("welcome"), u("hi")]));
    expect(window.map((event) => event.message?.type)).toEqual(["system", "human", "ai", "human"]);
    expect(window[1]?.actions.synthetic).toBe("opening");
  });

  test("call ids repeat: a result belongs to the nearest preceding call of its id", () => {
    const log = logOf([u("q"), call("c1"), res("c1"), call("c1"), res("c1"), a("done")]);
    expect(texts(log)).toEqual(["e0", "e1", "e2", "e3", "e4", "e5"]);
  });
});
