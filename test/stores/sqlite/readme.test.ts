import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { runProcess } from "../../support/own-process.ts";

const README = join(resolve(import.meta.dirname, "../../.."), "packages/sqlite/README.md");

test("the example of the package's README runs as it stands", async () => {
  const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(readFileSync(README, "utf8")) ?? [];
  const { printed, errors, exitCode } = await runProcess(code);
  expect(errors).toBe("");
  expect(printed).toBe("3 events in the window\nWhat of parcel 2?\n");
  expect(exitCode).toBe(0);
});
