import { deepagents } from "./contestants/deepagents.ts";
import { langchain } from "./contestants/langchain.ts";
import { sessionfold } from "./contestants/sessionfold.ts";
import { play } from "./play.ts";
import { overall, rowsOf, scriptReport, table } from "./report.ts";
import { SCRIPTS } from "./scripts/scripts.ts";

// Plays every script, or those whose title contains one of the arguments, and prints them side by side.
// The exit code tells whether ours is worse anywhere or a script could not be played.

const contestants = [langchain, deepagents, sessionfold];
const ours = sessionfold;
const wanted = process.argv.slice(2).map((word) => word.toLowerCase());
const scripts = SCRIPTS.filter(
  ({ title }) => wanted.length === 0 || wanted.some((word) => title.toLowerCase().includes(word)),
);

const summary: string[][] = [];
let isFailed = false;
for (const [at, script] of scripts.entries()) {
  const result = await play(script, contestants);
  const verdict = overall(rowsOf(result, contestants, ours));
  isFailed ||= verdict === "worse" || result.errors.size > 0;
  console.log(scriptReport(at + 1, result, contestants, ours));
  summary.push([
    `${at + 1}`,
    script.title,
    result.errors.size > 0 ? "could not run" : verdict,
    result.seconds.toFixed(1),
  ]);
}
console.log(`## All scripts\n\n${table(["", "script", "ours is", "s"], summary)}`);
process.exitCode = isFailed ? 1 : 0;
