import { expect, test } from "vitest";
import { forceManualSummary } from "./main.ts";

test("folds by force, unfolds what the summary stands for, and undoes it", async () => {
  const { before, folded, summary, unfolded, undone } = await forceManualSummary();
  expect([before, folded, undone]).toEqual([6, 3, 6]);
  expect(summary).not.toBe("");
  expect(unfolded).toEqual([
    "user: My order 88213 came twice.",
    "agent: I am sorry. I see two parcels, both from Tuesday.",
    "user: Which one do I send back?",
    "agent: The one with label B. Returning it is free.",
  ]);
});
