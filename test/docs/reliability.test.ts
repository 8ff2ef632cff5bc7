import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/reliability.md"), "utf8");

/** The rows of the page's table: what fails, and the tests that try it. */
const rows = page
  .slice(page.indexOf("| what fails |"))
  .split("\n")
  .slice(2)
  .filter((line) => line.startsWith("|"))
  .map((line) => {
    const [, fails = "", , tried = ""] = line.split("|").map((cell) => cell.trim());
    const named = tried.split("<br>").map((each) => /^`([^`]+)`: (.+)$/.exec(each));
    return { fails, named };
  });

/** Titles of the tests in a file, as they are written there. */
function titlesOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = text.matchAll(/(?:\btest|\]\)|\))\(\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|`([^`]*)`),/g);
  return [...found].map(([, double, single, template]) => double ?? single ?? template ?? "");
}

test("the table has its rows", () => {
  expect(rows.length).toBeGreaterThan(25);
});

describe.each(rows)("$fails", ({ named }) => {
  test("is tried by tests that are there", () => {
    for (const test of named) {
      const [, file = "", title = ""] = test ?? [];
      expect(existsSync(join(root, file)), `${file} is there`).toBe(true);
      expect(titlesOf(file)).toContain(title);
    }
    expect(named.length).toBeGreaterThan(0);
  });
});
