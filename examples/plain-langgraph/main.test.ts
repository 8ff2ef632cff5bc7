import { expect, test } from "vitest";
import { plainLanggraph } from "./main.ts";

test("the state keeps every message, the model sees a window that does not grow", async () => {
  const { rows, unfolded } = await plainLanggraph();
  expect(rows.map(({ inState }) => inState)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18]);
  expect(rows.map(({ toModel }) => toModel)).toEqual([1, 3, 5, 4, 6, 8, 10, 4, 6]);
  expect(unfolded).toBe(12);
});
