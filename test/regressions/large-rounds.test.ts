import { FoldedLog, type SessionEvent } from "@sessionfold/core";
import { expect, test } from "vitest";
import { a, call, res, u } from "../support/events.ts";
import { logged } from "../support/outcomes.ts";

/** A log with one round of so many calls, and a counter of how often somebody looks at an event's flags. */
function watched(calls: number): { readonly log: FoldedLog; readonly looks: () => number } {
  let looks = 0;
  const ids = Array.from({ length: calls }, (_, at) => `c${at}`);
  const events = logged([u("all of them"), call(ids), ...ids.map((id) => res(id)), a("done")]).map(
    (event) => {
      const { actions, ...others } = event;
      return Object.defineProperty(others, "actions", {
        enumerable: true,
        get: () => {
          looks++;
          return actions;
        },
      }) as SessionEvent;
    },
  );
  return { log: FoldedLog.of(events), looks: () => looks };
}

test("the flags of a round of thousands of calls are looked at once, not once for each of its events", () => {
  const looksFor = (calls: number): number => {
    const { log, looks } = watched(calls);
    for (const event of log.visible) {
      expect(log.isPinned(event)).toBe(false);
      expect(log.isSkipped(event)).toBe(false);
    }
    return looks();
  };
  const [some, twice] = [looksFor(1000), looksFor(2000)];
  expect(twice / some).toBeLessThan(2.5);
  expect(twice).toBeLessThan(2000 * 20);
});

test("a mark on one event of a large round holds for all of it, and is taken back for all", () => {
  const { log } = watched(100);
  const event = log.visible[50];
  const mark = (kind: "pin" | "unpin" | "skip", seq: number): void => {
    const marks = [{ kind, targets: [event?.id ?? ""] }];
    const [entry] = logged([{ id: `m${seq}`, author: "system", actions: { marks } }]);
    if (entry !== undefined) log.append({ ...entry, seq });
  };
  const round = log.visible.slice(1, -1);
  expect(round.some((each) => log.isPinned(each))).toBe(false);
  mark("pin", 1000);
  expect(round.every((each) => log.isPinned(each))).toBe(true);
  mark("skip", 1001);
  expect(round.some((each) => log.isSkipped(each))).toBe(false);
  mark("unpin", 1002);
  expect(round.some((each) => log.isPinned(each))).toBe(false);
  expect(round.every((each) => log.isSkipped(each))).toBe(true);
});
