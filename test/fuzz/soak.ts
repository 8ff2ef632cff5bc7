import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { FURTHER, type Told } from "./soak-told.ts";

const MINUTE = 60_000;
/** Rounds of a child, of every property once. A process that runs out of memory takes only these with it. */
const ROUNDS = 20;
/** Far more than a run needs, and less than would take the machine's other work with it. */
const MOST_HEAP_MB = 1024;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    report: { type: "string", default: "3" },
    seed: { type: "string" },
  },
});
const minutes = Number(values.minutes);
const every = Number(values.report);
if (!(minutes > 0 && every > 0)) throw new Error("Expected `--minutes` and `--report` to be numbers above 0");

const began = Date.now();
let seed = Number(values.seed ?? began | 0);
if (!Number.isInteger(seed)) throw new Error("Expected `--seed` to be an integer");
let runs = 0;
let steps = 0;
let heap = 0;
let at = "";
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
  const timer = setTimeout(() => child.kill(), began + minutes * MINUTE - Date.now());
  const [code] = (await once(child, "exit")) as [number | null];
  clearTimeout(timer);
  const isTimeOver = Date.now() - began >= minutes * MINUTE;
  if (code !== 0 && !isTimeOver) fail(`${at}: the process died`);
  seed = (seed + Math.imul(ROUNDS, FURTHER)) | 0;
}

function take(told: Told): void {
  switch (told.kind) {
    case "begin":
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
