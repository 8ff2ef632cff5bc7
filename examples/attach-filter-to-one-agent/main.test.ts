import { expect, test } from "vitest";
import { attachFilterToOneAgent } from "./main.ts";

test("the state grows with every turn, what the model gets does not", async () => {
  const rows = await attachFilterToOneAgent();
  expect(rows.map(({ inState }) => inState)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  expect(rows.map(({ toModel }) => toModel)).toEqual([1, 3, 5, 4, 6, 8, 10, 4, 6, 8]);
});
