import { expect, test } from "vitest";
import { longCodingRun } from "./main.ts";

test("a run of sixty rounds folds on the way and never loses its task", async () => {
  // Message ids are random, and a shortened result names its own: token counts differ a little from run to run.
  const { mostToModel, folds, ...rest } = await longCodingRun();
  expect(rest).toEqual({
    inState: 122,
    taskAlwaysThere: true,
    answer: "All sixty modules are renamed, and the tests pass.",
  });
  expect(mostToModel).toBeLessThan(61);
  expect(folds).toBeGreaterThan(1);
});
