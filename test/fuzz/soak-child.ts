import fc from "fast-check";
import { filterRuns, graphRuns } from "./agent/agent-runs.ts";
import { concurrentRuns, sequentialRuns } from "./lifecycle.ts";
import { ALIVE_MS, FURTHER, type Told } from "./soak-told.ts";
import { sqliteStorages } from "./support/shared-stores.ts";

/** Runs of one seed; a failure is played again with its seed and path. */
const RUNS: Readonly<Record<string, number>> = {
  concurrent: 250,
  filter: 100,
  sequential: 250,
  graph: 20,
  sqlite: 60,
};

let runs = 0;
let steps = 0;
const onRun = (changes: number): void => {
  runs++;
  steps += changes;
};
const ofAgent = ({ windows = 0 }: Readonly<Record<string, number>>): void => onRun(windows);
/** Services and the agent filter take turns. */
const properties = {
  concurrent: concurrentRuns(onRun),
  filter: filterRuns(ofAgent),
  sequential: sequentialRuns(onRun),
  graph: graphRuns(ofAgent),
  sqlite: concurrentRuns(onRun, undefined, { kinds: ["sqlite memory"], open: sqliteStorages().open }),
};

const [first = "0", rounds = "1"] = process.argv.slice(2);
let seed = Number(first);
// Set while the timers are the machine's.
setInterval(() => void tell({ kind: "alive", ended: runs }), ALIVE_MS);
for (let round = 0; round < Number(rounds); round++) {
  for (const [name, property] of Object.entries(properties)) {
    await tell({ kind: "begin", name, seed });
    const numRuns = RUNS[name] ?? 0;
    const details = await fc.check(property as fc.IAsyncProperty<unknown>, { seed, numRuns });
    if (details.failed) {
      const report = (await fc.asyncDefaultReportMessage(details)) ?? "";
      await tell({ kind: "failed", name, seed, path: details.counterexamplePath ?? "", report });
      console.log(details.errorInstance);
    }
    globalThis.gc?.();
    await tell({ kind: "end", runs, steps, heap: process.memoryUsage().heapUsed });
    runs = 0;
    steps = 0;
  }
  seed = (seed + FURTHER) | 0;
}
// What a run that failed has left behind may wait forever, and keep the process.
process.exit();

function tell(told: Told): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(told, undefined, undefined, () => resolve());
  });
}
