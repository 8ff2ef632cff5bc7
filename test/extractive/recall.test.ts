import { describe, expect, test } from "vitest";
import { compacted, forwardFigures, hasMeasures, means, questionFigures, SHARES } from "../support/recall.ts";
import { hasSet } from "../support/shared-data.ts";

/** The figures to reach at 10 % of the tokens, on public transcripts; what they measure is said in docs/summaries.md. */
const TEN_PERCENT = SHARES.indexOf(0.1);
const usable = (set: string): boolean => hasMeasures() && hasSet(set);

describe("what a compacted context still knows at 10 % of the tokens", () => {
  test.skipIf(!usable("locomo"))("long chats: evidence 0.42, answers 0.38", async () => {
    const { ev, ar } = await questionFigures("locomo", compacted, "all");
    expect(means(ev)[TEN_PERCENT]).toBeGreaterThanOrEqual(0.42);
    expect(means(ar)[TEN_PERCENT]).toBeGreaterThanOrEqual(0.38);
  });

  test.skipIf(!usable("qmsum"))("meetings: evidence 0.40", async () => {
    const { ev } = await questionFigures("qmsum", compacted, "all", (at) => at % 5 === 0);
    expect(means(ev)[TEN_PERCENT]).toBeGreaterThanOrEqual(0.4);
  });

  test.skipIf(!usable("specstory"))("coding sessions: forward references 0.70", async () => {
    const figures = await forwardFigures("specstory", compacted, "all", 8000);
    expect(means(figures)[TEN_PERCENT]).toBeGreaterThanOrEqual(0.7);
  });

  test.skipIf(!usable("taubench"))("support with tools: forward references 0.43", async () => {
    const figures = await forwardFigures(
      "taubench",
      compacted,
      "all",
      1200,
      (session) => session.trial === 0,
    );
    expect(means(figures)[TEN_PERCENT]).toBeGreaterThanOrEqual(0.43);
  });
});
