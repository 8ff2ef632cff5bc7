import { presets } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, call, res, s, u } from "../support/events.ts";
import { fold, START } from "../support/folds.ts";

const pipecat = (keep: number) => presets.pipecat({ minMessagesAfterSummary: keep });

describe("Tool rounds, as Pipecat", () => {
  test("TOOL-01: a call without a result holds the cut: only u of [s, u, call, u] with keep 1", async () => {
    const events = [s("rules"), u("look it up"), call("c1"), u("latest")];
    const { selected, lastIndex, window } = await fold(events, pipecat(1));
    expect(selected).toEqual(["e1"]);
    expect(lastIndex).toBe(1);
    expect(window.slice(0, 3)).toEqual(["e0", "S", "e2"]);
    expect(window.at(-1)).toBe("e3");
    // Once nobody waits for it any more the same call is folded.
    const later = await fold(events, { ...pipecat(1), clock: () => START + 3_600_000 });
    expect(later.selected).toEqual(["e1", "e2"]);
  });

  test("TOOL-02: a completed call is summarised: 1 to 4 of [s, u, call, res, a, u] with keep 1", async () => {
    const events = [s("rules"), u("look it up"), call("c1"), res("c1"), a("found"), u("thanks")];
    const { selected, lastIndex, window } = await fold(events, pipecat(1));
    expect(selected).toEqual(["e1", "e2", "e3", "e4"]);
    expect(lastIndex).toBe(4);
    expect(window).toEqual(["e0", "S", "e5"]);
  });

  test("TOOL-04: a message with two calls and both results is selected whole: 5, last index 5", async () => {
    const head = [s("rules"), u("look both up"), call(["c1", "c2"]), res("c1")];
    const { selected, lastIndex, window } = await fold([...head, res("c2"), u("thanks")], pipecat(1));
    expect(selected).toEqual(["e1", "e2", "e3", "e4"]);
    expect(lastIndex).toBe(4);
    expect(window).toEqual(["e0", "S", "e5"]);
    const answered = await fold([...head, res("c2"), a("found"), u("thanks")], pipecat(1));
    expect(answered.selected).toEqual(["e1", "e2", "e3", "e4", "e5"]);
    expect(answered.lastIndex).toBe(5);
    // With one of the two results missing the round holds the cut.
    const one = await fold([...head, a("found one"), u("thanks")], pipecat(1));
    expect(one.selected).toEqual(["e1"]);
    expect(one.lastIndex).toBe(1);
  });

  test("TOOL-06: a result in the kept tail moves the cut before its call: last index 1", async () => {
    const events = [s("rules"), u("look it up"), call("c1"), res("c1"), u("thanks")];
    const { selected, lastIndex, window } = await fold(events, pipecat(2));
    expect(selected).toEqual(["e1"]);
    expect(lastIndex).toBe(1);
    expect(window).toEqual(["e0", "S", "e2", "e3", "e4"]);
  });

  test("TOOL-07: with call and result before the cut nothing moves: 4 messages, last index 4", async () => {
    const events = [s("rules"), u("look it up"), call("c1"), res("c1"), a("found"), u("thanks")];
    const { selected, lastIndex } = await fold(events, pipecat(1));
    expect(selected).toHaveLength(4);
    expect(selected).toEqual(["e1", "e2", "e3", "e4"]);
    expect(lastIndex).toBe(4);
    // One message more in the tail changes nothing for the round; with two more its result is kept, and the call too.
    expect((await fold(events, pipecat(2))).lastIndex).toBe(3);
    expect((await fold(events, pipecat(3))).lastIndex).toBe(1);
  });

  test("TOOL-09: a result that came later is part of its round: last index 1 with keep 3", async () => {
    const head = [s("rules"), u("look both up"), call(["ca", "cb"]), res("ca"), u("and?")];
    const { selected, lastIndex, window } = await fold([...head, res("cb"), u("thanks")], pipecat(3));
    expect(selected).toEqual(["e1"]);
    expect(lastIndex).toBe(1);
    for (const id of ["e2", "e3", "e4", "e5", "e6"]) expect(window).toContain(id);
    expect(window.slice(0, 2)).toEqual(["e0", "S"]);
    // With nothing of the round in the tail it is folded whole.
    const whole = await fold([...head, res("cb"), u("thanks")], pipecat(1));
    expect(whole.selected).toEqual(["e1", "e2", "e3", "e4", "e5"]);
  });

  test("TOOL-12: a pending call at the first position leaves nothing to summarise", async () => {
    const tail = [u("anything?"), a("not yet"), u("and now?"), a("no")];
    const pending = await fold([call("c1"), ...tail], pipecat(1));
    expect(pending).toMatchObject({ selected: [], lastIndex: -1, reason: "nothing-to-summarise" });
    for (const id of ["e0", "e1", "e2", "e3", "e4"]) expect(pending.window).toContain(id);
    // Behind an answered call the same events are folded.
    const answered = await fold([call("c1"), res("c1"), ...tail], pipecat(1));
    expect(answered.selected).toEqual(["e0", "e1", "e2", "e3", "e4"]);
  });
});

describe("Safe split, as openclaw", () => {
  test("TOOL-16: the kept tail of [u1, a1, a2, u2, a3, a4] with keep 3 starts with u2", async () => {
    const events = [u("u1"), a("a1"), a("a2"), u("u2"), a("a3"), a("a4")];
    // From the ideal point 3, and backwards from 4 and 5.
    for (const keep of [3, 2, 1]) {
      const { selected, lastIndex, window } = await fold(events, { keep: { events: keep } });
      expect(selected).toEqual(["e0", "e1", "e2"]);
      expect(lastIndex).toBe(2);
      expect(window).toEqual(["S", "e3", "e4", "e5"]);
    }
    // In the first turn there is no earlier user event to go back to: the ideal point is used.
    const four = await fold(events, { keep: { events: 4 } });
    expect(four.window.slice(-4)).toEqual(["e2", "e3", "e4", "e5"]);
    expect(four.selected).toEqual(["e0", "e1"]);
  });

  test("TOOL-17: without a user event the ideal point is used: [s, a, a, a, a] with keep 2 is cut at 3", async () => {
    const events = [s("rules"), a("one"), a("two"), a("three"), a("four")];
    const { selected, lastIndex, window } = await fold(events, { keep: { events: 2 } });
    expect(selected).toEqual(["e1", "e2"]);
    expect(lastIndex).toBe(2);
    expect(window).toEqual(["e0", "S", "e3", "e4"]);
  });
});

describe("Tool rounds, as ADK", () => {
  test("TOOL-22: a completed call and its result are compacted together", async () => {
    const events = [u("look it up"), call("c1"), res("c1"), a("found"), u("thanks"), a("welcome")];
    const { selected, lastIndex, window } = await fold(events, { keep: { turns: 1 } });
    expect(selected).toEqual(["e0", "e1", "e2", "e3"]);
    expect(lastIndex).toBe(3);
    expect(window).toEqual(["S", "e4", "e5"]);
    // Without its result the call of a turn in progress stays.
    const pending = await fold([u("hello"), a("hi"), u("look it up"), call("c1")], { keep: { turns: 0 } });
    expect(pending.selected).toEqual(["e0", "e1"]);
    expect(pending.window).toEqual(["S", "e2", "e3"]);
  });

  test("TOOL-24: of [text, call, res] with keep 1 only the text is compacted", async () => {
    // An agent's text: a user's would be the current user message, which always stays.
    const events = [a("let me see"), call("c1"), res("c1")];
    // In tokens: the result alone would fit.
    for (const keep of [{ events: 1 }, { tokens: 8 }]) {
      const { selected, lastIndex, window } = await fold(events, { keep });
      expect(selected).toEqual(["e0"]);
      expect(lastIndex).toBe(0);
      expect(window).toEqual(["S", "e1", "e2"]);
    }
    // Also when the answer that closes the turn has freed the round: nothing but the cut between the two holds it.
    const closed = await fold([...events, a("found")], { keep: { events: 2 } });
    expect(closed.selected).toEqual(["e0"]);
    expect(closed.window).toEqual(["S", "e1", "e2", "e3"]);
    expect((await fold([...events, a("found")], { keep: { events: 1 } })).selected).toHaveLength(3);
    const current = await fold([u("look it up"), call("c1"), res("c1")], { keep: { events: 1 } });
    expect(current).toMatchObject({ selected: [], reason: "nothing-to-summarise" });
    expect(current.window).toEqual(["e0", "e1", "e2"]);
  });
});
