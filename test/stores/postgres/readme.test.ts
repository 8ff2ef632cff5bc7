import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { testServer } from "./support.ts";

const { database } = testServer();
const root = resolve(import.meta.dirname, "../../..");

test("the example of the package's README runs", async () => {
  const readme = readFileSync(join(root, "packages/postgres/README.md"), "utf8");
  const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const file = join(root, "test", `postgres-example-${process.pid}.ts`);
  writeFileSync(file, code);
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=@sessionfold/source", file],
      { env: { ...process.env, DATABASE_URL: await database() } },
    );
    expect(stdout).toContain("events in the window");
    expect(stdout).toMatch(/\d entries in the log/);
    expect(stdout).toContain("Day 1: on its way.");
  } finally {
    rmSync(file);
  }
});
