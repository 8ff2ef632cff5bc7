import { expect, test } from "vitest";
import { runnerOverSessionService } from "./main.ts";

test("the log is whole, the window short, and what was folded is found again", async () => {
  // 12 turns, the last question with its call, result and answer, and 3 summaries.
  expect(await runnerOverSessionService()).toEqual({
    log: 31,
    window: 8,
    folds: 3,
    answer: "The door code is 4711.",
    streamed: "The door code is 4711.",
  });
});
