import { expect, test } from "vitest";
import { explainTriggers } from "./main.ts";

test("fires in the third turn only, and says why it did and did not", async () => {
  const explanations = await explainTriggers();
  const fired = explanations.filter((explanation) => explanation.endsWith(" fired"));
  expect(fired).toHaveLength(1);
  expect(explanations.indexOf(fired[0] ?? "")).toBe(5);
  expect(fired[0]).toMatch(/everyThirdTurn.*events 6 >= 6.*not\(budget \d+ < 90\)/);
  expect(explanations.at(-1)).toMatch(/tokens \d+ < 500.* did not fire$/);
});
