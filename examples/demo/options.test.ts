import { HumanMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import type { Transcript } from "./formats/transcript.ts";
import { HELP, parseOptions } from "./options.ts";
import { policyOf } from "./policy.ts";

const wrong: [readonly string[], string][] = [
  [["--colour"], "Unknown option --colour"],
  [["-x"], "Unknown option"],
  [["--keep-turns"], "--keep-turns needs a value"],
  [["--keep-turns", "--keep-events", "3"], "--keep-turns needs a value"],
  [["--keep-turns", "-1"], "--keep-turns needs a value"],
  [["--keep-turns", "four"], '--keep-turns needs a whole number from 0 on, got "four"'],
  [["--trigger-tokens", "1.5"], '--trigger-tokens needs a whole number from 1 on, got "1.5"'],
  [["--trigger-tokens=0"], "--trigger-tokens needs a whole number from 1 on"],
  [["--model="], "--model needs a value"],
  [["--keep-turns", "1", "--keep-events", "1"], "exclude each other"],
  [["--preset", "own"], '--preset needs one of chat, coding, trpcAgent, pipecat, lyra, got "own"'],
  [["--store", "sessions.db"], '--store needs sqlite:PATH, got "sessions.db"'],
  [["--store", "postgres:sessions"], '--store needs sqlite:PATH, got "postgres:sessions"'],
  [["--store", "sqlite:"], '--store needs sqlite:PATH, got "sqlite:"'],
  [["--store="], "--store needs a value"],
  [["a.jsonl", "b.jsonl"], "Expected one FILE, got 2"],
];
test.each(wrong)("%j is refused", (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});

test("each option is in the help", () => {
  const names = Object.keys(parseOptions([])).filter((name) => name !== "file");
  const flags = names.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  for (const flag of flags) expect(HELP).toContain(flag);
});

test.each([
  [[], "fold at 800 tokens; keep the last 4 turns, at most 400 tokens; summaries of at most 800 characters"],
  [
    ["f"],
    "fold at 2,000 tokens; keep the last 4 turns, at most 1,000 tokens; summaries of at most 1,000 characters",
  ],
  [
    ["f", "--keep-turns", "2"],
    "fold at 2,000 tokens; keep the last 2 turns; summaries of at most 1,000 characters",
  ],
  [
    ["f", "--trigger-tokens", "9000", "--trigger-turns", "8", "--trigger-events", "7", "--keep-tokens", "60"],
    "fold at 9,000 tokens or 8 turns or 7 events; keep the last 60 tokens; summaries of at most 1,000 characters",
  ],
  [
    ["f", "--preset", "chat", "--keep-events", "5", "--keep-tokens", "60"],
    "presets.chat(); keep the last 5 events, at most 60 tokens; summaries of at most 6,000 characters",
  ],
  [
    ["f", "--preset", "pipecat", "--max-summary-length", "50"],
    "presets.pipecat(); summaries of at most 50 characters",
  ],
])("%j is described", (args, description) => {
  expect(policyOf(parseOptions(args), session(20_000)).description).toBe(description);
});

test.each([
  [0, 1000],
  [8_000, 1000],
  [33_000, 4000],
  [5_000_000, 16_000],
])("a session of about %d tokens folds at %d", (tokens, mark) => {
  const { description } = policyOf(parseOptions(["f"]), [...session(10), ...session(tokens)]);
  expect(description).toContain(`fold at ${mark.toLocaleString("en-US")} tokens`);
});

function session(tokens: number): readonly Transcript[] {
  return [{ id: "x", events: [{ message: new HumanMessage("a".repeat(tokens * 4)) }] }];
}
