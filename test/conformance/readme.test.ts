import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SESSION_SERVICE_RULES, SUMMARIZING_RULES } from "@sessionfold/conformance";
import { expect, test } from "vitest";
import { ruleTables } from "./rule-table.ts";

const root = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "packages/conformance/README.md"), "utf8");

test("the example of the package's README runs under node:test, every rule passes and none is skipped", () => {
  const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const file = join(root, "test", `conformance-example-${process.pid}.ts`);
  writeFileSync(file, code);
  try {
    const printed = execFileSync(
      process.execPath,
      ["--conditions=@sessionfold/source", "--test-reporter=tap", file],
      { encoding: "utf8" },
    );
    expect(printed).toContain(`# pass ${SESSION_SERVICE_RULES.length + SUMMARIZING_RULES.length}`);
    expect(printed).toContain("# fail 0");
    expect(printed).toContain("# skipped 0");
  } finally {
    rmSync(file);
  }
});

test("the README lists every rule", () => {
  expect(readme).toContain(ruleTables());
});
