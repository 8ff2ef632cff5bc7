import assert from "node:assert/strict";
import { referenceFold } from "../../../support/reference-fold.ts";
import type { Books, FilterCall, Made } from "../support/books.ts";
import { type Kept, saidEvents, stampedSummaries, surelyCounts, unstampedSummaries } from "./naive-log.ts";

/** What a process has written and could not leave on a message yet, it does not have written again. */
export function checkPaidOnce(books: Books, made: Made): void {
  const known = [...books.made.values()].filter((other) => isKnown(books, made, other));
  for (const other of known) {
    const again = other.read.filter((id) => made.read.includes(id));
    // One that stood on another is void where that one is.
    if (again.length === 0 || other.previous.length > 0) continue;
    const isKept = made.lists.every((list) => surelyCounts(other, list.input) && isFolded(again, list));
    assert.ok(!isKept, "a summary was paid for twice");
  }

  /** Whether some of it stays folded in a list: a summary is inert beside one that another filter left on a message. */
  function isFolded(ids: readonly string[], { input, scope }: FilterCall): boolean {
    const stamped = stampedSummaries(input, { scope }, books);
    const own = known.map(({ id }) => id);
    return placesOf(made, known).every((place) => {
      const unstamped = unstampedSummaries(own, stamped, input, books, { place, absorbed: true });
      const { visible } = referenceFold([...saidEvents(input), ...stamped, ...unstamped]);
      return ids.some((id) => !visible.includes(id));
    });
  }
}

/** Whether the filter at work has made a summary in a list like this one, and nobody else keeps it. */
function isKnown(books: Books, made: Made, other: Made): boolean {
  const { call } = made;
  return (
    other !== made &&
    other.summary !== undefined &&
    other.call.process === call.process &&
    other.call.agent === call.agent &&
    other.call.thread === call.thread &&
    !books.handedOver.has(other.id) &&
    // After many changes by hand the nearest list that is known may be one from before the summary.
    made.changes <= other.changes + 1 &&
    // A conversation is known by its first message.
    new Set([...other.beginnings, ...made.beginnings]).size === 1
  );
}

/** Where the filter may have its summaries: in a list that was changed by hand they come last. */
function placesOf(made: Made, known: readonly Made[]): readonly Kept["place"][] {
  return known.every(({ changes }) => changes === made.changes) ? ["where made"] : ["where made", "last"];
}
