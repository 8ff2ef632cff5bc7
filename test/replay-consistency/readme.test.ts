import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { REPLAY_FAULTS } from "@sessionfold/conformance";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

test.each([
  ["packages/conformance/README.md", "## Replay"],
  ["packages/core/README.md", "## Export and import"],
])("the example of %s under %s prints what it says", (readme, heading) => {
  const text = readFileSync(join(root, readme), "utf8");
  const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(text.slice(text.indexOf(heading))) ?? [];
  const printed = /^\/\/ (.*)$/m.exec(code)?.[1];
  const file = join(root, "test", `replay-example-${process.pid}.ts`);
  writeFileSync(file, code);
  try {
    const options = ["--conditions=@sessionfold/source", file];
    expect(execFileSync(process.execPath, options, { encoding: "utf8" })).toBe(`${printed}\n`);
  } finally {
    rmSync(file);
  }
});

test("the README tells how many faults there are", () => {
  expect(REPLAY_FAULTS).toHaveLength(10);
});
