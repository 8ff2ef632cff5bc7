import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { ALIVE_MS, FURTHER, type Told } from "./soak-told.ts";

const MINUTE = 60_000;
/** Rounds of a child, of every property once. A process that runs out of memory takes only these with it. */
const ROUNDS = 20;
/** Far more than a run needs, and less than would take the machine's other work with it. */
const MOST_HEAP_MB = 1024;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    report: { type: "string", default: "3" },
    still: { type: "string", default: "3" },
    seed: { type: "string" },
  },
});
const minutes = Number(values.minutes);
const every = Number(values.report);
/** So long no run ends, and it is said that one never does: no run takes more than seconds. */
const still = Number(values.still);
if (!(minutes > 0 && every > 0 && still > 0))
  throw new Error("Expected `--minutes`, `--report` and `--still` to be numbers above 0");

const began = Date.now();
let seed = Number(values.seed ?? began | 0);
if (!Number.isInteger(seed)) throw new Error("Expected `--seed` to be an integer");
let runs = 0;
let steps = 0;
let heap = 0;
let at = "";
let ended = 0;
let endedAt = began;
const failures: string[] = [];

const progress = setInterval(report, every * MINUTE);
console.log(`soak: ${minutes} min, from seed ${seed}`);
while (Date.now() - began < minutes * MINUTE) await runChild();
clearInterval(progress);
report();
for (const failure of failures) console.log(`FAILED ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function runChild(): Promise<void> {
  const child = fork(new URL("soak-child.ts", import.meta.url), [String(seed), String(ROUNDS)], {
    execArgv: [...process.execArgv, "--expose-gc", `--max-old-space-size=${MOST_HEAP_MB}`],
  });
  child.on("message", take);
  moved(0);
  let isStill = false;
  const timer = setTimeout(() => child.kill("SIGKILL"), began + minutes * MINUTE - Date.now());
  const watch = setInterval(() => {
    if (isStill || Date.now() - endedAt < still * MINUTE) return;
    isStill = true;
    fail(`${at}: run ${ended} of it, counted from 0, never ends`);
    child.kill("SIGKILL");
  }, ALIVE_MS);
  const [code] = (await once(child, "exit")) as [number | null];
  clearTimeout(timer);
  clearInterval(watch);
  const isTimeOver = Date.now() - began >= minutes * MINUTE;
  if (code !== 0 && !isTimeOver && !isStill) fail(`${at}: the process died`);
  seed = (seed + Math.imul(ROUNDS, FURTHER)) | 0;
}

function moved(to: number): void {
  ended = to;
  endedAt = Date.now();
}

function take(told: Told): void {
  switch (told.kind) {
    case "alive":
      if (told.ended !== ended) moved(told.ended);
      return;
    case "begin":
      moved(0);
      at = `${told.name}, seed ${told.seed}`;
      return;
    case "failed":
      fail(`${told.name}: seed ${told.seed}, path ${told.path}`);
      console.log(told.report);
      return;
    case "end":
      runs += told.runs;
      steps += told.steps;
      heap = told.heap;
  }
}

function fail(what: string): void {
  failures.push(what);
  console.log(`FAILED ${what}`);
}

function report(): void {
  const passed = ((Date.now() - began) / MINUTE).toFixed(1);
  const megabytes = (heap / 1e6).toFixed(1);
  console.log(
    `${passed} min: ${runs} runs, ${steps} steps, ${failures.length} failures, heap ${megabytes} MB, at ${at}`,
  );
}
