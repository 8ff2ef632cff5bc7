import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CONTESTANTS, OURS } from "./contestants/contestants.ts";
import { circumstances, intoPage } from "./page.ts";
import { play } from "./play.ts";
import { overall, overview, type Result, rowsOf, scriptReport } from "./report.ts";
import { SCRIPTS } from "./scripts/scripts.ts";

// Plays every script, or those whose title contains one of the arguments, and prints them side by side. With --write
// the tables of docs/compare.md are replaced. The exit code is 1 if ours is worse anywhere or a script cannot be played.

const PAGE = join(resolve(import.meta.dirname, "../.."), "docs/compare.md");
const words = process.argv.slice(2).map((word) => word.toLowerCase());
const isWritten = words.includes("--write");
const wanted = words.filter((word) => word !== "--write");
const scripts = SCRIPTS.filter(
  ({ title }) => wanted.length === 0 || wanted.some((word) => title.toLowerCase().includes(word)),
);

const results: Result[] = [];
const reports: string[] = [];
for (const [at, script] of scripts.entries()) {
  const result = await play(script, CONTESTANTS);
  const report = scriptReport(at + 1, result, CONTESTANTS, OURS);
  console.log(`${report}\n`);
  results.push(result);
  reports.push(report);
}
const all = overview(results, CONTESTANTS, OURS);
const where = await circumstances();
console.log(`${where}\n\n${all}`);
if (isWritten) {
  const measured = [where, all, ...reports].join("\n\n");
  await writeFile(PAGE, intoPage(await readFile(PAGE, "utf8"), measured));
}
const isFailed = results.some(
  (result) => result.errors.size > 0 || overall(rowsOf(result, CONTESTANTS, OURS)) === "worse",
);
process.exitCode = isFailed || results.length === 0 ? 1 : 0;
