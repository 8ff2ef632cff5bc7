import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { mapChatMessagesToStoredMessages } from "@langchain/core/messages";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsonLines, langChainMessages, neutralSession, openAiMessages } from "./fixtures.ts";
import { DEMO_COMMAND, fakeOpenAi, runDemo } from "./test-support.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sessionfold-demo-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fixture(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const FOLD_SOON = ["--trigger-events", "12", "--keep-turns", "2"];

describe("the sample", () => {
  test("folds several times without a key and shows table, summaries, window and total", async () => {
    const { code, stdout } = await runDemo([]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/fold +turn +event +events in window +ratio +tokens in window +why it fired/);
    expect(stdout).toMatch(/1 +\d+ +\d+ +\d+ -> \d+ +\d+\.\d % +[\d,]+ -> [\d,]+ +tokens \d+ >= 800/);
    expect(stdout.match(/^Summary \d+ \(turn \d+\): stands for \d+ events/gm)?.length).toBeGreaterThan(2);
    expect(stdout).toMatch(/user +\(summary\) +\[summary \d+, for \d+ events\]/);
    expect(stdout).toContain("The id is DE299871165.");
    expect(stdout).toMatch(
      /\nTotal: 1 session, 150 events; 40 turns; \d+ folds; .*all events still in the log; .* s\n$/,
    );
  });

  test("takes other policies", async () => {
    const { stdout } = await runDemo([
      "--trigger-tokens",
      "5000",
      "--trigger-turns",
      "9",
      "--keep-events",
      "6",
    ]);
    expect(stdout).toContain("fold at 5,000 tokens or 9 turns; keep the last 6 events");
    expect(stdout).toContain("turns 9 >= 9");
    const preset = await runDemo(["--preset", "pipecat"]);
    expect(preset.stdout).toContain("Policy: presets.pipecat()");
    expect(preset.stdout).toMatch(/events \d+ >= 20/);
    const never = await runDemo(["--trigger-turns", "100"]);
    expect(never.stdout).toContain("Nothing was folded. At the last check: turns 40 < 100 did not fire.");
    // A call that nobody answered stands in the window with a marked result.
    expect(never.stdout).toContain("(placeholder) [No result");
  });
});

describe("a file", () => {
  const files: [string, () => string | Uint8Array, number][] = [
    ["neutral.jsonl.gz", () => gzipSync(neutralSession("one")), 40],
    ["openai.json", () => JSON.stringify({ messages: openAiMessages() }, null, 2), 40],
    ["langchain.jsonl", () => jsonLines(mapChatMessagesToStoredMessages(langChainMessages())), 41],
  ];
  test.each(files)("%s", async (name, content, events) => {
    const { code, stdout } = await runDemo([fixture(name, content()), ...FOLD_SOON]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Total: 1 session, ${events} events; 10 turns; `);
    expect(stdout).toContain("all events still in the log");
    expect(stdout).toMatch(/events \d+ >= 12/);
    expect(stdout).toContain('-> track {"parcel":9}');
    expect(stdout).toContain("Parcel 9 is in Bremen and arrives on Friday.");
  });

  test("a few sessions get a table each, many a line and all their summaries", async () => {
    const few = await runDemo([
      fixture("two.jsonl", `${neutralSession("one")}\n${neutralSession("two")}`),
      ...FOLD_SOON,
    ]);
    expect(few.stdout.match(/^fold +turn/gm)).toHaveLength(2);
    expect(few.stdout).toContain("=== two ===");
    const many = fixture(
      "seven.jsonl",
      jsonLines(Array.from({ length: 7 }, () => JSON.parse(neutralSession("same")))),
    );
    const { stdout } = await runDemo([many, ...FOLD_SOON]);
    expect(stdout.match(/^fold +turn/gm)).toHaveLength(1);
    expect(stdout).toContain("[1/7] same: 40 events, 10 turns");
    expect(stdout).toContain("[7/7] same#7: 40 events");
    const folds = Number(/(\d+) folds;/.exec(stdout)?.[1]);
    expect(stdout.match(/^Summary \d/gm)).toHaveLength(folds);
    const chosen = await runDemo([many, ...FOLD_SOON, "--session", "same#3"]);
    expect(chosen.stdout).toContain("Total: 1 session, 40 events");
    expect((await runDemo([many, "--session", "2"])).stdout).toContain("session same#2 of 7");
    const none = await runDemo([many, "--session", "9"]);
    expect(none).toMatchObject({ code: 1, stdout: "" });
    expect(none.stderr).toContain('no session "9" among 7 sessions');
  });
});

describe("errors are one line on stderr, and nothing is replayed", () => {
  test.each([
    [
      () => [fixture("cut.jsonl", `${neutralSession("a")}\n{"id":"b","ev\n`)],
      1,
      /cut\.jsonl:2: not valid JSON/,
    ],
    [() => [fixture("shape.jsonl", `${neutralSession("a")}\n{"foo":1}`)], 1, /shape\.jsonl:2: Unknown shape/],
    [() => [join(folder, "nowhere.jsonl")], 1, /nowhere\.jsonl: there is no such file/],
    [() => ["--colour"], 2, /Unknown option --colour/],
    [() => ["--model", "m"], 1, /--model needs OPENAI_API_KEY/],
  ])("%#", async (args, exitCode, message) => {
    const { code, stdout, stderr } = await runDemo(args());
    expect(code).toBe(exitCode);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("a reader that stops early is no error", async () => {
    const many = fixture(
      "pipe.jsonl",
      jsonLines(Array.from({ length: 60 }, () => JSON.parse(neutralSession("x")))),
    );
    const child = spawn(process.execPath, [...DEMO_COMMAND, many, ...FOLD_SOON]);
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code).toBe(0);
    expect(stderr).not.toContain("EPIPE");
  });
});

describe("--model", () => {
  test("has the summaries written by an OpenAI-compatible server", async () => {
    const server = await fakeOpenAi("Parcels were tracked; all are in Bremen.");
    try {
      const file = fixture("model.jsonl", neutralSession("one"));
      const env = { OPENAI_API_KEY: "sk-test", OPENAI_BASE_URL: server.url };
      const { code, stdout } = await runDemo([file, ...FOLD_SOON, "--model", "test-model"], env);
      expect(code).toBe(0);
      expect(stdout).toContain("written by test-model");
      expect(stdout).toContain("  | Parcels were tracked; all are in Bremen.");
      expect(stdout).toContain("by test-model");
      expect(server.requests[0]).toMatchObject({ path: "/v1/chat/completions", key: "Bearer sk-test" });
      expect(server.requests[0]?.body).toContain("Where is parcel 0?");
    } finally {
      server.close();
    }
  });

  test("gives up with the server's reason when it fails again and again", async () => {
    const server = await fakeOpenAi(401);
    try {
      const file = fixture("refused.jsonl", neutralSession("one"));
      const env = { OPENAI_API_KEY: "sk-wrong", OPENAI_BASE_URL: server.url };
      const { code, stderr } = await runDemo([file, ...FOLD_SOON, "--model", "test-model"], env);
      expect(code).toBe(1);
      expect(stderr).toMatch(/The model failed 3 times in a row, so the replay stops: .*wrong key/);
    } finally {
      server.close();
    }
  });
});
