import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";

/** What a process has left behind. */
export interface ProcessEnd {
  readonly printed: string;
  readonly errors: string;
  readonly exitCode: number | null;
}

/** Runs a module in a process of its own, until that ends by itself. It is killed with the test, if it has not by then. */
export async function runProcess(code: string): Promise<ProcessEnd> {
  const folder = mkdtempSync(join(resolve(import.meta.dirname, ".."), "process-"));
  const file = join(folder, "main.ts");
  writeFileSync(file, code);
  const child = spawn(process.execPath, ["--conditions=@sessionfold/source", file]);
  onTestFinished(() => {
    child.kill();
    rmSync(folder, { recursive: true });
  });
  let printed = "";
  child.stdout.on("data", (piece) => {
    printed += piece;
  });
  let errors = "";
  child.stderr.on("data", (piece) => {
    errors += piece;
  });
  return new Promise((ended) => child.on("close", (exitCode) => ended({ printed, errors, exitCode })));
}
