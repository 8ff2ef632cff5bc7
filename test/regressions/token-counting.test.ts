import { AIMessage } from "@langchain/core/messages";
import {
  type EventInput,
  type SessionStatistics,
  SessionSummarizer,
  tiktokenCounter,
  tokenThreshold,
} from "@sessionfold/core";
import { Tiktoken } from "js-tiktoken/lite";
import o200k from "js-tiktoken/ranks/o200k_base";
import { describe, expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { oneTokenACharacter, summarized } from "../support/folds.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const LENGTH = 100_000;
const SENTENCES = [
  "The quick brown fox jumps over the lazy dog, and nobody knows why it does so every single morning.",
  "Please book the 9:40 train from Erfurt to Leipzig; two seats, window side, under 60 euros if possible.",
  "I've moved the meeting to Thursday (3 pm) since Anna can't make it before then, sorry about that!",
  "const total = items.reduce((sum, item) => sum + item.price * item.count, 0); // in cents",
  "Wir sind letzten Monat nach Erfurt gezogen, in die Löberstraße 14, und es gefällt uns sehr gut.",
  "我上个月搬到了苏州，住在平江路三十六号。先月、金沢の東山二丁目に引っ越しました。",
];

/** Ordinary text that no two counters have seen before. */
function english(length: number, seed: number): string {
  let text = "";
  for (let at = 0; text.length < length; at++)
    text += `${SENTENCES[at % 3]} Note ${seed * 7919 + at * 31} is about item${(at * 17) % 9973}. `;
  return text.slice(0, length);
}

function milliseconds(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((x, y) => x - y)[Math.floor(values.length / 2)] ?? Number.NaN;
}

describe("tiktokenCounter", () => {
  const counter = tiktokenCounter();
  const plain = new Tiktoken(o200k);

  test.each([
    ["one letter", "a".repeat(LENGTH)],
    ["one sign", "=".repeat(LENGTH)],
    ["spaces", " ".repeat(LENGTH)],
    ["one Chinese character", "漢".repeat(LENGTH)],
    ["Chinese characters in turn", "漢字仮名交文章".repeat(LENGTH / 7)],
    ["emoji", "😀".repeat(LENGTH / 2)],
    ["families of emoji", "👨‍👩‍👧‍👦".repeat(LENGTH / 11)],
    ["lone surrogates", "\ud800".repeat(LENGTH)],
    ["combining marks", "e\u0301\u0323".repeat(LENGTH / 3)],
  ])(
    "counts 100,000 characters of %s without a break in no more than 60 times what English takes",
    (_, text) => {
      counter.count(english(LENGTH, 1));
      const ratios = [2, 3, 4].map((seed) => {
        const ordinary = english(LENGTH, seed);
        return milliseconds(() => counter.count(text)) / milliseconds(() => counter.count(ordinary));
      });
      expect(median(ratios)).toBeLessThan(60);
      expect(counter.count(text)).toBeGreaterThan(0);
    },
  );

  test.each(SENTENCES)("counts exactly as js-tiktoken does: %s", (text) => {
    expect(counter.count(text)).toBe(plain.encode(text, [], []).length);
  });

  test("is within 3 % of js-tiktoken on long ordinary text", () => {
    for (const text of [english(50_000, 5), SENTENCES.join("\n\n").repeat(40)]) {
      const exact = plain.encode(text, [], []).length;
      expect(Math.abs(counter.count(text) - exact) / exact).toBeLessThan(0.03);
    }
  });

  test("takes what looks like a special token for the text it is", () => {
    const text = "what does <|endoftext|> mean?";
    expect(counter.count(text)).toBe(plain.encode(text, [], []).length);
  });
});

describe("figures depend on the session, not on who asked before", () => {
  /** An answer of 100 characters with the provider's word on the request's size. */
  function answer(input: number): AIMessage {
    const message = new AIMessage("y".repeat(100));
    const usage_metadata = { input_tokens: input, output_tokens: 1, total_tokens: input + 1 };
    return Object.assign(message, { usage_metadata });
  }

  /** Answers whose provider counts four times what the events hold, as it does for a whole request. */
  function billed(count: number): readonly EventInput[] {
    let input = 100;
    return Array.from({ length: count }, (_, at) => {
      input += 400;
      return [u("x".repeat(100), { id: `u${at}` }), { id: `a${at}`, message: answer(input) }];
    }).flat();
  }

  test("force and a threshold fold the same events of the same session with the same keep", async () => {
    const folded: (readonly string[])[] = [];
    const events = billed(12);
    const options = { keep: { tokens: 2000 }, tokenCounter: oneTokenACharacter, trigger: tokenThreshold(1) };
    for (const force of [true, false]) {
      const { sessions, session } = await decorated({
        ...options,
        mode: "manual",
        summarizer: stubSummarizer(),
      });
      await appendAll(sessions, session, events);
      folded.push(summarized(await sessions.summarize(KEY, { force })).summary.coverage.direct);
      const list = new SessionSummarizer({ ...options, summarizer: stubSummarizer() });
      folded.push(summarized(await list.summarizeEvents(events, { force })).summary.coverage.direct);
    }
    expect(folded[0]?.length).toBeGreaterThan(0);
    for (const ids of folded) expect(ids).toEqual(folded[0]);
  });

  test("a context window that overrides for one call counts for that call alone", async () => {
    const seen: (number | undefined)[] = [];
    const summarizer = stubSummarizer();
    const { sessions, session } = await decorated({
      mode: "manual",
      summarizer: { ...summarizer, contextWindow: 100_000 },
      trigger: ({ contextWindow }) => seen.push(contextWindow) < 0,
    });
    await appendAll(sessions, session, [u("q"), a("b")]);
    await sessions.summarize(KEY, { summarizer: { ...summarizer, contextWindow: 500 } });
    await sessions.summarize(KEY);
    await sessions.summarize(KEY, { summarizer: { ...summarizer, contextWindow: 700 } });
    await sessions.summarize(KEY);
    expect(seen).toEqual([500, 100_000, 700, 100_000]);
  });

  test("a scope's figures are not multiplied by what the whole request grew by", async () => {
    const seen: number[] = [];
    const trigger = (statistics: SessionStatistics): boolean => seen.push(statistics.tokens) < 0;
    const { sessions, session } = await decorated({
      mode: "manual",
      trigger,
      tokenCounter: oneTokenACharacter,
      summarizer: stubSummarizer(),
    });
    let input = 0;
    for (let at = 0; at < 20; at++) {
      input += 250;
      await appendAll(sessions, session, [
        u("x".repeat(100)),
        { author: "B", message: new AIMessage("z".repeat(50)) },
        { author: "A", message: answer(input) },
      ]);
    }
    await sessions.summarize(KEY, { scope: "A" });
    await sessions.summarize(KEY);
    expect(seen).toEqual([2000, 5000]);
  });
});
