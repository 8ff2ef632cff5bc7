import {
  type ChunkOptions,
  ConfigurationError,
  chunked,
  chunkText,
  type Summarizer,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const WRONG = [
  Number.NaN,
  0,
  -1,
  Number.POSITIVE_INFINITY,
  "12" as unknown as number,
  null as unknown as number,
];

describe("limits by which text would be cut for ever are refused at once", () => {
  test.each(WRONG)("chunkText with a budget of %s", (budget) => {
    for (const text of ["abc", "", "one\ntwo\n"]) {
      expect(() => chunkText(text, budget)).toThrow(ConfigurationError);
      expect(() => chunkText(text, budget)).toThrow("budget");
    }
  });

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, undefined as unknown as number])(
    "chunkText with a size that measures %s",
    (size) => {
      expect(() => chunkText("one\ntwo\n", 2, () => size)).toThrow(ConfigurationError);
      expect(() => chunkText("one\ntwo\n", 2, () => size)).toThrow("size");
    },
  );

  test("chunkText of what is no text, and with a size that is no function", () => {
    expect(() => chunkText(5 as unknown as string, 2)).toThrow(/`text`/);
    expect(() => chunkText("abc", 2, 5 as unknown as () => number)).toThrow(/`size`/);
  });

  test.each(WRONG.filter((value) => value !== Number.POSITIVE_INFINITY))("chunked with %s", (value) => {
    const inner = stubSummarizer();
    for (const option of ["maxInputTokens", "concurrency"] as const) {
      const options: ChunkOptions = { [option]: value };
      expect(() => chunked(inner, options)).toThrow(ConfigurationError);
      expect(() => chunked(inner, options)).toThrow(option);
    }
    if (value === null) return;
    const window = { ...inner, contextWindow: value };
    expect(() => chunked(window)).toThrow(ConfigurationError);
    expect(() => chunked(window)).toThrow("contextWindow");
  });

  test("chunked with half a call at once, and around what is no summarizer", () => {
    expect(() => chunked(stubSummarizer(), { concurrency: 1.5 })).toThrow("concurrency");
    for (const inner of [null, {}, 5])
      expect(() => chunked(inner as unknown as Summarizer)).toThrow(/`inner`/);
  });

  test("a budget below one character still makes pieces of one", () => {
    expect(chunkText("abc", 0.5)).toEqual(["a", "b", "c"]);
  });
});
