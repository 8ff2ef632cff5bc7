import fc from "fast-check";
import { test } from "vitest";
import { concurrentRuns, sequentialRuns } from "./lifecycle.ts";
import { fuzzParameters, replayPath } from "./support/parameters.ts";

test("whatever callers do at once, the invariants hold at every step", async () => {
  await fc.assert(
    concurrentRuns(() => {}, replayPath()),
    fuzzParameters(1500),
  );
});

test("whatever one caller does, the invariants hold after every step", async () => {
  await fc.assert(
    sequentialRuns(() => {}, replayPath()),
    fuzzParameters(500),
  );
});
