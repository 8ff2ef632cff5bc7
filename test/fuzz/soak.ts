import { parseArgs } from "node:util";
import fc from "fast-check";
import { filterRuns, graphRuns } from "./agent/agent-runs.ts";
import { concurrentRuns, sequentialRuns } from "./lifecycle.ts";

/** Runs of one seed; a failure is played again with its seed and path. */
const RUNS = 250;
const MINUTE = 60_000;
/** Neighbouring seeds have runs in common. */
const FURTHER = 0x9e3779b1;

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error("Expected `--minutes` to be a number above 0");

let runs = 0;
let steps = 0;
const failures: string[] = [];
const onRun = (changes: number): void => {
  runs++;
  steps += changes;
};
const properties = {
  "whatever callers do at once": concurrentRuns(onRun),
  "whatever one caller does": sequentialRuns(onRun),
  "whatever becomes of an agent's thread": filterRuns(({ windows = 0 }) => onRun(windows)),
  "the same within createAgent": graphRuns(({ windows = 0 }) => onRun(windows)),
};

const began = Date.now();
let told = began;
for (let seed = began | 0; Date.now() - began < minutes * MINUTE; seed = (seed + FURTHER) | 0) {
  for (const [name, property] of Object.entries(properties)) {
    const details = await fc.check(property as fc.IAsyncProperty<unknown>, { seed, numRuns: RUNS });
    if (!details.failed) continue;
    const where = `seed ${seed}, path ${details.counterexamplePath}`;
    failures.push(`${name}: ${where}`);
    console.log(
      `FAILED ${name}: ${where}`,
      details.errorInstance,
      await fc.asyncDefaultReportMessage(details),
    );
  }
  if (Date.now() - told < MINUTE) continue;
  told = Date.now();
  report();
}
report();
for (const failure of failures) console.log(`FAILED ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;

function report(): void {
  const passed = ((Date.now() - began) / MINUTE).toFixed(1);
  console.log(`${passed} min: ${runs} runs, ${steps} steps, ${failures.length} failures`);
}
