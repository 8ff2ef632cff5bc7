import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** The marked examples of a page, by name. */
function examplesOf(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, page), "utf8");
  const found = text.matchAll(/<!-- example: ([\w-]+) -->\n```ts\n([\s\S]*?)```/g);
  return new Map([...found].map(([, name = "", code = ""]) => [name, code]));
}

function run(code: string): string {
  const file = join(root, "test", `doc-example-${process.pid}.ts`);
  writeFileSync(file, code);
  try {
    return execFileSync(process.execPath, ["--conditions=@sessionfold/source", file], { encoding: "utf8" });
  } finally {
    rmSync(file);
  }
}

/** What an example must print. An example without an entry here is an error, so that none goes unchecked. */
const PRINTS: Readonly<Record<string, readonly string[]>> = {
  readme: ["37.5 % 4 events to unfold", "Answer 5: it was paid on day 5."],
  agent: ["14 messages in the state"],
  durable: ["in the window, Question 1 about invoice 88211."],
  move: ["Where is parcel 7?"],
  writers: ["RM-2209"],
  failures: ["summarizer-failed The summarizer failed (HTTP 503)", "written by extractive"],
  hooks: ["Kungsvik"],
  redact: [
    "[redacted: email], [redacted: staff-badge]: postgres://app:[redacted: url-password]@db",
    "password=[redacted: assigned-secret]",
  ],
  prompts: ["Expected `prompt` to contain {conversation_text}"],
  events: ["reads 8 events because of events", "status 503 again in 10 ms", "folded 8, kept 4, paid 129"],
  spans: ["sessionfold.summarize 12 -> 5"],
};

describe.each(["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)])(
  "%s",
  (page) => {
    test("its examples run and print what they should", () => {
      const examples = examplesOf(page);
      const text = readFileSync(join(root, page), "utf8");
      expect(examples.size).toBe(text.split("```ts").length - 1);
      for (const [name, code] of examples) {
        const printed = run(code);
        expect(PRINTS[name], name).toBeDefined();
        for (const part of PRINTS[name] ?? []) expect(printed).toContain(part);
      }
    });

    test("its links lead somewhere", () => {
      const text = readFileSync(join(root, page), "utf8");
      for (const [, target = ""] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
        expect(existsSync(resolve(root, dirname(page), target)), target).toBe(true);
      }
    });
  },
);

test("the README's first example fits on a page and says what it prints", () => {
  const code = examplesOf("README.md").get("readme") ?? "";
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(15);
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain("37.5 % 4 events to unfold");
});
