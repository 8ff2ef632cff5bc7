import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { type EventInput, extractive, SessionSummarizer } from "@sessionfold/core";
import { describe, expect, test } from "vitest";

const BUDGET = 500;
const tokens = (text: string): number => Math.ceil(text.length / 4);
const user = (text: string): EventInput => ({
  author: "user",
  message: new HumanMessage(text),
  timestamp: 0,
});
const tool = (text: string): EventInput => ({
  author: "tool",
  message: new ToolMessage({ content: text, tool_call_id: "c1", name: "read" }),
  timestamp: 0,
});

function cyclic(): Record<string, unknown> {
  const args: Record<string, unknown> = { path: "src/a.ts" };
  args.self = args;
  return args;
}

const HARD: readonly [string, readonly EventInput[]][] = [
  ["a 10 MB tool result", [user("read it"), tool("x/y.ts 12345 ".repeat(800_000))]],
  ["a user's text of 10 MB", [user("A sentence about row 12. ".repeat(400_000))]],
  ["5 million equal characters", [user("a".repeat(5_000_000))]],
  ["5 million dots", [user(".".repeat(5_000_000))]],
  ["5 million spaces and a word", [user(`${" ".repeat(5_000_000)}word`)]],
  ["5 million slashes from a tool", [user("go"), tool("/".repeat(5_000_000))]],
  ["lone surrogates", [user("\ud800 abc \udc00 def 12345. \ud83d".repeat(1000))]],
  ["emoji only", [user("\u{1f600}".repeat(100_000))]],
  ["NUL bytes", [user("a\u0000b c\u0000d file_name.ts. ".repeat(1000))]],
  ["100,000 short messages", Array.from({ length: 100_000 }, (_, at) => user(`fact number ${at} is here`))],
];

async function summarise(events: readonly EventInput[]): Promise<string> {
  const outcome = await new SessionSummarizer({
    // The last event closes the turn, so that all before it may fold.
    keep: { events: 1, align: "round" },
    targetTokens: BUDGET,
    maxSummaryLength: null,
    tokenCounter: tokens,
    // The bound on the time: a summary that takes longer has failed.
    timeoutMs: 20_000,
  }).summarizeEvents([...events, { author: "agent", message: new AIMessage("done"), timestamp: 0 }], {
    force: true,
  });
  if (outcome.kind === "failed") throw outcome.error;
  if (outcome.kind === "skipped") throw new Error(outcome.reason);
  return outcome.summary.text;
}

describe("extractive summaries of hard input: bounded, well formed, the same every time", () => {
  test.each(HARD)("%s", async (_, events) => {
    const text = await summarise(events);
    expect(text).not.toBe("");
    expect(tokens(text)).toBeLessThanOrEqual(BUDGET + 1);
    expect(text).toBe(new TextDecoder().decode(new TextEncoder().encode(text)));
    expect([...text].some((character) => character.charCodeAt(0) < 9)).toBe(false);
    expect(await summarise(events)).toBe(text);
  });
});

test("arguments that contain themselves are no crash", async () => {
  const message = new AIMessage({ content: "", tool_calls: [{ id: "c1", name: "read", args: cyclic() }] });
  const events: readonly EventInput[] = [user("go"), { author: "agent", message, timestamp: 0 }, tool("ok")];
  expect(await summarise(events)).not.toBe("");
});

test("an input limit leaves extractive() as it is: it reads the events themselves, however many", async () => {
  const events = Array.from({ length: 60 }, (_, at) =>
    user(`Fact ${at}: parcel PX-${1000 + at} is at depot ${at}.`),
  );
  const text = (options: { maxInputTokens?: number }) =>
    new SessionSummarizer({
      summarizer: extractive(),
      keep: { turns: 0 },
      targetTokens: 200,
      maxSummaryLength: null,
      ...options,
    })
      .summarizeEvents(events, { force: true })
      .then((outcome) => (outcome.kind === "summarized" ? outcome.summary.text : outcome.kind));
  expect(await text({ maxInputTokens: 50 })).toBe(await text({}));
});
