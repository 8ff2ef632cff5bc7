import { type EventInput, SessionSummarizer } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { CHINESE, GERMAN, JAPANESE } from "../support/dialogues.ts";

const tokens = (text: string): number => Math.ceil(text.length / 4);
const SHARE = 0.1;

/** Share of the facts of which some line of the text holds 60 % of the character pairs. */
function factRecall(facts: readonly string[], text: string): number {
  const lines = text.split("\n").flatMap((line) => line.split(/(?<=[.。!！?？])/));
  const pairs = lines.map(pairsOf);
  const held = facts.filter((fact) => {
    const wanted = [...pairsOf(fact)];
    return pairs.some((line) => wanted.filter((pair) => line.has(pair)).length >= 0.6 * wanted.length);
  });
  return held.length / facts.length;
}

function pairsOf(text: string): ReadonlySet<string> {
  const plain = text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  return new Set(Array.from({ length: Math.max(0, plain.length - 1) }, (_, at) => plain.slice(at, at + 2)));
}

function keptLast(lines: readonly string[], budget: number): string {
  const kept: string[] = [];
  let left = budget;
  for (const line of [...lines].reverse()) {
    left -= tokens(line);
    if (left < 0) break;
    kept.unshift(line);
  }
  return kept.join("\n");
}

describe.each([
  ["German", GERMAN],
  ["Chinese", CHINESE],
  ["Japanese", JAPANESE],
] as const)("%s, for which there are no word lists", (_, turns) => {
  test("a summary of 10 % knows more of the facts than the last 10 % do", async () => {
    const facts = turns.filter((turn) => turn.startsWith("*")).map((turn) => turn.slice(1));
    const lines = turns.map((turn) => turn.replace("*", ""));
    const budget = Math.floor(SHARE * lines.reduce((sum, line) => sum + tokens(line), 0));
    // The samples end in small talk; starting them at nine places is fair to keeping the end.
    const starts = Array.from({ length: 9 }, (_, at) => Math.floor((at * lines.length) / 9));
    let ours = 0;
    let theirs = 0;
    for (const start of starts) {
      const rotated = [...lines.slice(start), ...lines.slice(0, start)];
      const events = rotated.map(
        (message, at): EventInput => ({ author: at % 2 === 0 ? "user" : "agent", message, timestamp: 0 }),
      );
      const outcome = await new SessionSummarizer({
        keep: { turns: 0 },
        targetTokens: budget,
        maxSummaryLength: null,
        tokenCounter: tokens,
      }).summarizeEvents(events, { force: true });
      if (outcome.kind !== "summarized") throw new Error(outcome.kind);
      expect(tokens(outcome.summary.text)).toBeLessThanOrEqual(budget);
      ours += factRecall(facts, outcome.summary.text) / starts.length;
      theirs += factRecall(facts, keptLast(rotated, budget)) / starts.length;
    }
    expect(theirs).toBeGreaterThan(0);
    expect(ours).toBeGreaterThan(2 * theirs);
  });
});
