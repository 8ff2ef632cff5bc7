import fc from "fast-check";
import { expect, test } from "vitest";
import { fuzzParameters } from "../support/parameters.ts";
import { filterRuns, graphRuns, type OnAgentRun } from "./agent-runs.ts";

/** Adds up what the runs have looked at: a fuzz in which nothing is folded would hold whatever the filter does. */
function counting(): { readonly onRun: OnAgentRun; readonly sums: Record<string, number> } {
  const sums: Record<string, number> = {};
  const onRun: OnAgentRun = (counts) => {
    for (const [what, count] of Object.entries(counts)) sums[what] = (sums[what] ?? 0) + count;
  };
  return { onRun, sums };
}

const IN_BACKGROUND = ["folds in the background", "windows folded in the background", "waits"];
/** These come together more seldom. */
const MEETINGS = [
  "changes while a fold is under way",
  "restarts while a fold is under way",
  "waits given up",
];

test("whatever becomes of a thread, each request of the filter is sound and tells of all of it", async () => {
  const { onRun, sums } = counting();
  const parameters = fuzzParameters(250);
  await fc.assert(filterRuns(onRun), parameters);
  if (parameters.path !== undefined) return;
  const often = [
    "summarized",
    "tail",
    "restarts",
    "aborted",
    "runs failed",
    "runs waiting",
    ...IN_BACKGROUND,
  ];
  for (const what of often) expect(sums[what], what).toBeGreaterThan(parameters.numRuns / 20);
  for (const what of MEETINGS) expect(sums[what], what).toBeGreaterThan(0);
});

test("the same within agents of createAgent, over a checkpointer", async () => {
  const { onRun, sums } = counting();
  const parameters = fuzzParameters(40);
  await fc.assert(graphRuns(onRun), parameters);
  if (parameters.path !== undefined) return;
  for (const what of [
    "summarized",
    "restarts",
    "folds in the background",
    "windows folded in the background",
  ])
    expect(sums[what], what).toBeGreaterThan(parameters.numRuns / 20);
});
