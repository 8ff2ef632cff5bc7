import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

test("the README's first example runs and prints what the README says", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const code = /<!-- example: readme -->\n```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  if (code === undefined) throw new Error("The README has lost its example");
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(16);
  const file = join(root, "test", `readme-example-${process.pid}.ts`);
  writeFileSync(file, code);
  try {
    const printed = execFileSync(process.execPath, ["--conditions=@sessionfold/source", file], {
      encoding: "utf8",
    });
    expect(printed).toContain("37.5 % 4 events to unfold");
    expect(printed).toContain("Answer 5: it was paid on day 5.");
    expect(readme).toContain("37.5 % 4 events to unfold");
  } finally {
    rmSync(file);
  }
});
