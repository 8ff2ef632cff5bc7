import { expect, test } from "vitest";
import { wrapInMemoryService } from "./main.ts";

test("folds at turns 4, 8 and 12 and by hand, with the published figures", async () => {
  expect(await wrapInMemoryService()).toEqual([
    { turn: 4, before: 8, after: 5, saved: "37.5 %", why: "turns" },
    { turn: 8, before: 13, after: 5, saved: "61.5 %", why: "turns" },
    { turn: 12, before: 13, after: 5, saved: "61.5 %", why: "turns" },
    { turn: 29, before: 39, after: 5, saved: "87.2 %", why: "force" },
  ]);
});
