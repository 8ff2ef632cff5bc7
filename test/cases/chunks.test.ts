import {
  approximateCounter,
  ConfigurationError,
  chunked,
  chunkText,
  presets,
  SessionSummarizer,
  type SessionSummarizerOptions,
  structuredSummarizer,
} from "@sessionfold/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { busyStub, CHARACTERS, line, marked, marker, markersIn, purposes, wait } from "../support/chunks.ts";
import { a, call, numbered, res } from "../support/events.ts";
import { fenced } from "../support/fenced.ts";
import { oneTokenACharacter, summarized } from "../support/folds.ts";
import { failure, skippedBecause } from "../support/outcomes.ts";
import { RecordingModel } from "../support/recording-model.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const BUDGET = 24_000;
/** Lyra's 24,000 characters at one token each, with the text alone as the prompt. */
const LYRA: SessionSummarizerOptions = {
  ...presets.lyra({ maxInputTokens: BUDGET }),
  tokenCounter: oneTokenACharacter,
  maxSummaryWords: 0,
  prompt: "{conversation_text}",
  mergePrompt: "Merge: {partial_summaries}",
};

/** Folds with a model that answers "S1", "S2", ... and returns the prompts it got. */
async function promptsFor(
  events: Parameters<SessionSummarizer["summarizeEvents"]>[0],
  options: SessionSummarizerOptions = LYRA,
): Promise<readonly string[]> {
  const model = new RecordingModel(...Array.from({ length: 50 }, (_, at) => `S${at + 1}`));
  const sut = new SessionSummarizer({ ...options, model });
  const { summary } = summarized(await sut.summarizeEvents(events, { force: true }));
  expect(summary.text).toBe(`S${model.requests.length}`);
  return model.requests.map((_, at) => model.prompt(at));
}

describe("Chunk and merge, as Lyra", () => {
  test("CHK-01: 24,000 characters are one call with the text itself; 24,001 are cut", async () => {
    const [only, ...more] = await promptsFor([line(BUDGET)]);
    expect(only).toBe(`agent: ${"x".repeat(BUDGET - 7)}`);
    expect(more).toEqual([]);
    const cut = await promptsFor([line(BUDGET + 1)]);
    // What begins in the middle of a line is indented by two.
    expect(cut.map((prompt) => prompt.length)).toEqual([23_998, 3 + 2, "Merge: S1\n\nS2".length]);
    // Its own preset counts 4 characters a token, rounded down.
    const lyra = { ...LYRA, ...presets.lyra(), maxSummaryWords: 0, tokenCounter: approximateCounter() };
    expect(await promptsFor([line(24_003)], lyra)).toHaveLength(1);
    expect(await promptsFor([line(24_004)], lyra)).toHaveLength(3);
  });

  test("CHK-02: chunks end at line ends, and an exact fit is allowed", () => {
    expect(chunkText("aa\nbb\ncc\n", 6)).toEqual(["aa\nbb\n", "cc\n"]);
    expect(chunkText("aa\nbb\ncc\n", 5)).toEqual(["aa\n", "bb\n", "cc\n"]);
    expect(chunkText("aa\nbb\ncc\n", 9)).toEqual(["aa\nbb\ncc\n"]);
    expect(chunkText("aa\nbb\ncc", 8)).toEqual(["aa\nbb\ncc"]);
  });

  test("CHK-04: the chunks make up the text, for any text, budget and counter; none for an empty text", () => {
    expect(chunkText("", 6)).toEqual([]);
    const odd = fc.array(
      fc.constantFrom("a", "bc", "\n", "\r\n", "\n\n", " ", "😀", "\ud83d", "\ude00", "語"),
    );
    const texts = fc.oneof(
      odd.map((pieces) => pieces.join("")),
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme" }),
    );
    const sizes = fc.constantFrom<readonly [string, (text: string) => number]>(
      ["characters", (text) => text.length],
      ["code points", (text) => [...text].length],
      ["bytes", (text) => Buffer.byteLength(text)],
      ["up to thirds", (text) => Math.ceil(text.length / 3)],
      ["down to quarters", (text) => Math.floor(text.length / 4)],
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 40 }), sizes, (text, budget, [, size]) => {
        const chunks = chunkText(text, budget, size);
        expect(chunks.join("")).toBe(text);
        expect(chunks).not.toContain("");
        for (const [at, chunk] of chunks.entries()) {
          if ([...chunk].length > 1) expect(size(chunk)).toBeLessThanOrEqual(budget);
          const next = chunks[at + 1] ?? "";
          expect(/[\ud800-\udbff]$/.test(chunk) && /^[\udc00-\udfff]/.test(next)).toBe(false);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("CHK-04: a chunk is as full as its lines allow", () => {
    // Observed of the original: 600 lines of 100 characters.
    const text = Array.from({ length: 600 }, () => "x".repeat(100)).join("\n");
    expect(text.length).toBe(60_599);
    expect(chunkText(text, BUDGET).map((chunk) => chunk.length)).toEqual([23_937, 23_937, 12_725]);
    // A counter that rounds down finds nothing in a line of 3 characters.
    const quarters = (piece: string): number => Math.floor(piece.length / 4);
    const short = chunkText("ab\n".repeat(4000), 500, quarters);
    expect(Math.max(...short.map(quarters))).toBeLessThanOrEqual(500);
    expect(short.length).toBeLessThanOrEqual(12);
  });

  test("CHK-04: the same 600 lines as events are 3 calls and one merge", async () => {
    const prompts = await promptsFor(marked(600, 100));
    expect(prompts.map((prompt) => prompt.length)).toEqual([23_936, 23_936, 12_725, 17]);
    expect(prompts.slice(0, 3).flatMap(markersIn)).toEqual(
      Array.from({ length: 600 }, (_, at) => marker(at)),
    );
    expect(prompts[3]).toBe("Merge: S1\n\nS2\n\nS3");
  });

  test("CHK-06: every chunk is within the budget even for one line of 60,000 characters", async () => {
    for (const text of ["x".repeat(60_000), "😀".repeat(30_000), `x${"😀".repeat(29_999)}y`]) {
      const chunks = chunkText(text, BUDGET);
      expect(chunks.join("")).toBe(text);
      expect(chunks).toHaveLength(3);
      for (const chunk of chunks) {
        expect(chunk.length).toBeLessThanOrEqual(BUDGET);
        expect(chunk).not.toMatch(/[\ud800-\udbff]$|^[\udc00-\udfff]/);
      }
    }
    const prompts = await promptsFor([line(60_000)]);
    expect(prompts.map((prompt) => prompt.length)).toEqual([23_998, 24_000, 12_004 + 2, 17]);
    expect(unmarked(prompts.slice(0, 3))).toBe(`agent: ${"x".repeat(59_993)}`);
  });

  test("CHK-07: one chunk needs no merge", async () => {
    for (const events of [marked(1, 100), marked(240, 99)]) {
      const stub = stubSummarizer();
      const sut = new SessionSummarizer({ ...CHARACTERS, maxInputTokens: BUDGET, summarizer: stub });
      const { summary } = summarized(await sut.summarizeEvents(events, { force: true }));
      expect(summary.text).toBe("SUM");
      expect(purposes(stub)).toEqual(["whole"]);
      expect(stub.requests[0]?.blocks).toHaveLength(events.length);
    }
    // Nor does one that is left because there is nothing in the others.
    const stub = stubSummarizer(({ purpose }) => ({ text: purpose, metadata: { kept: true } }));
    const sut = new SessionSummarizer({
      ...CHARACTERS,
      maxInputTokens: 1000,
      summarizer: stub,
      transcript: { toolResult: () => " ".repeat(3000) },
    });
    const events = [a("hello"), call("c1"), res("c1"), a("")];
    const { summary } = summarized(await sut.summarizeEvents(events, { force: true }));
    expect(purposes(stub)).toEqual(["part"]);
    expect(summary.text).toBe("part");
    expect(summary.metadata).toEqual({ kept: true, calls: 1 });
    summarized(await sut.summarizeEvents([...events, line(100)], { force: true }));
    expect(purposes(stub)).toEqual(["part", "part", "part", "merge"]);
  });

  test("CHK-09: partial summaries are merged in document order, whatever order they are finished in", async () => {
    const finished: string[] = [];
    const stub = stubSummarizer(async ({ purpose, transcript, signal }) => {
      if (purpose === "merge") return "MERGED";
      const [first = ""] = markersIn(transcript);
      // The later the part, the sooner it is done.
      await wait(60 - 20 * (Number(first.slice(2, -1)) / 10), signal);
      finished.push(first);
      return `summary of ${first}`;
    });
    const sut = new SessionSummarizer({ ...CHARACTERS, maxInputTokens: 1010, summarizer: stub });
    const { summary } = summarized(await sut.summarizeEvents(marked(30, 100), { force: true }));
    expect(finished).toEqual([marker(20), marker(10), marker(0)]);
    expect(purposes(stub)).toEqual(["part", "part", "part", "merge"]);
    const partials = [0, 10, 20].map((at) => `summary of ${marker(at)}`);
    expect(stub.requests.at(-1)?.transcript).toBe(partials.join("\n\n"));
    expect(stub.requests.at(-1)?.blocks).toEqual(partials);
    expect(summary.text).toBe("MERGED");
    expect(summary.coverage.direct).toHaveLength(30);
  });
});

describe("A long input", () => {
  test.each([
    [undefined, 4],
    [1, 1],
    [3, 3],
    [50, 12],
  ])("runs side by side, with concurrency %s never more than %s calls at once", async (concurrency, most) => {
    const stub = busyStub(async ({ signal }, call) => {
      await wait(5 + (call % 3) * 4, signal);
      return `S${call}`;
    });
    const options = { ...CHARACTERS, maxInputTokens: 505, concurrency, summarizer: stub };
    summarized(await new SessionSummarizer(options).summarizeEvents(marked(60, 100), { force: true }));
    expect(purposes(stub).filter((purpose) => purpose === "part")).toHaveLength(12);
    expect(stub.most()).toBe(most);
  });

  test("whose partial summaries do not fit one call either is merged in groups, in document order", async () => {
    // Each answer tells the markers that it read, in 300 characters.
    const stub = stubSummarizer(({ purpose, transcript }) => {
      const read = markersIn(transcript);
      const own = purpose === "part" ? read.slice(0, 1) : read;
      return own.join("").padEnd(300, ".");
    });
    const sut = new SessionSummarizer({ ...CHARACTERS, maxInputTokens: 1010, summarizer: stub });
    const { summary } = summarized(await sut.summarizeEvents(marked(100, 100), { force: true }));
    // 10 parts, 3 to a group of which one stays alone; 3 merges and it, again; at last two of them.
    const firsts = Array.from({ length: 10 }, (_, at) => marker(at * 10));
    expect(purposes(stub)).toEqual([
      ...firsts.map(() => "part"),
      ...Array.from({ length: 5 }, () => "merge"),
    ]);
    expect(stub.requests.slice(10).map(({ transcript }) => markersIn(transcript))).toEqual([
      firsts.slice(0, 3),
      firsts.slice(3, 6),
      firsts.slice(6, 9),
      firsts.slice(0, 9),
      firsts,
    ]);
    for (const { transcript } of stub.requests) expect(transcript.length).toBeLessThanOrEqual(1010);
    expect(markersIn(summary.text)).toEqual(firsts);
    expect(summary.metadata.calls).toBe(15);
  });

  test("whose summaries never get shorter fails instead of going on for ever", async () => {
    const stub = stubSummarizer(({ transcript }) => transcript);
    const sut = new SessionSummarizer({ ...CHARACTERS, maxInputTokens: 1010, summarizer: stub });
    const error = failure(await sut.summarizeEvents(marked(30, 100), { force: true }));
    expect(error.code).toBe("summary-too-long");
    expect(String(error.cause)).toContain("do not get shorter");
    expect(stub.requests.length).toBeLessThan(100);
  });

  test("of which one part fails ends the other calls, and nothing is committed", async () => {
    let ended = 0;
    const stub = busyStub(async ({ signal }, call) => {
      if (call === 1) {
        await wait(5);
        throw new Error("model down");
      }
      await wait(60_000, signal).finally(() => ended++);
      return "S";
    });
    const options = { ...CHARACTERS, maxInputTokens: 505, concurrency: 3, summarizer: stub };
    const { sessions, session } = await decorated({ ...options, mode: "manual" });
    await appendAll(sessions, session, numbered(marked(60, 100)));
    const error = failure(await sessions.summarize(session, { force: true }));
    expect(error.code).toBe("summarizer-failed");
    expect(String(error.cause)).toContain("model down");
    await wait(5);
    // The two beside it were called off, and the nine behind them never started.
    expect(stub.requests).toHaveLength(3);
    expect(ended).toBe(2);
    expect(await sessions.listSummaries(KEY)).toEqual([]);
    const window = (await sessions.getSession(KEY))?.events.filter(({ actions }) => !actions.synthetic);
    expect(window?.map(({ id }) => id)).toEqual(Array.from({ length: 60 }, (_, at) => `e${at}`));
  });

  test("is called off as a whole", async () => {
    const controller = new AbortController();
    let ended = 0;
    const stub = busyStub(async ({ signal }, call) => {
      if (call === 3) controller.abort();
      await wait(60_000, signal).finally(() => ended++);
      return "S";
    });
    const sut = new SessionSummarizer({ ...CHARACTERS, maxInputTokens: 505, summarizer: stub });
    const outcome = await sut.summarizeEvents(marked(60, 100), { force: true, signal: controller.signal });
    expect(skippedBecause(outcome)).toBe("aborted");
    await wait(5);
    expect(stub.requests).toHaveLength(4);
    expect(ended).toBe(4);
  });

  test("of which the summary of one part, or of all, is blank has failed", async () => {
    for (const blank of ["part", "merge"]) {
      const stub = stubSummarizer(({ purpose, transcript }) =>
        purpose === blank && (purpose === "merge" || transcript.includes(marker(7))) ? " \n" : "S",
      );
      const sut = new SessionSummarizer({ ...CHARACTERS, maxInputTokens: 505, summarizer: stub });
      const error = failure(await sut.summarizeEvents(marked(20, 100), { force: true }));
      expect(error.code).toBe("empty-summary");
    }
  });

  test("costs what its calls cost together, and nobody knows what where one does not tell", async () => {
    const usage = { inputTokens: 100, outputTokens: 10, totalTokens: 110 };
    for (const silent of [false, true]) {
      const stub = stubSummarizer(({ purpose }) => ({
        text: "S",
        model: "model-of-the-answer",
        ...(!(silent && purpose === "merge") && { usage }),
      }));
      const sut = new SessionSummarizer({ ...CHARACTERS, maxInputTokens: 505, summarizer: stub });
      const { summary } = summarized(await sut.summarizeEvents(marked(20, 100), { force: true }));
      expect(stub.requests).toHaveLength(5);
      expect(summary.usage).toEqual(silent ? null : { inputTokens: 500, outputTokens: 50, totalTokens: 550 });
      expect(summary.model).toBe("model-of-the-answer");
      expect(summary.metadata.calls).toBe(5);
    }
  });
});

describe("A previous summary", () => {
  const before = "Ada keeps bees.";

  /** Folds once with the answer given, then appends events, folds again, and returns the second fold's prompts. */
  async function secondFold(
    first: string,
    events: readonly ReturnType<typeof line>[],
    options: SessionSummarizerOptions,
  ): Promise<readonly string[]> {
    const model = new RecordingModel(first, ...Array.from({ length: 50 }, (_, at) => `part ${at}`));
    const { sessions, session } = await decorated({ ...CHARACTERS, ...options, mode: "manual", model });
    const opening = { maxInputTokens: 100_000, force: true };
    await appendAll(sessions, session, [a("y".repeat(first.length))]);
    expect(summarized(await sessions.summarize(session, opening)).summary.text).toBe(first);
    await appendAll(sessions, session, events);
    summarized(await sessions.summarize(session, { force: true }));
    return model.requests.slice(1).map((_, at) => model.prompt(at + 1));
  }

  test("is in the prompt once, in its own place, where one call is enough", async () => {
    const prompts = await secondFold(before, marked(3, 100), { maxInputTokens: 5000 });
    expect(prompts).toHaveLength(1);
    expect(fenced(prompts[0] ?? "", "memory_so_far")).toBe(before);
    expect(prompts[0]?.split(before)).toHaveLength(2);
  });

  test("is the first thing that the first part reads, and no other call's", async () => {
    const prompts = await secondFold(before, marked(12, 100), { maxInputTokens: 505 });
    expect(prompts).toHaveLength(4);
    expect(prompts.map((prompt) => prompt.includes(before))).toEqual([true, false, false, false]);
    const [first = "", ...others] = prompts;
    expect(first.indexOf(before)).toBeLessThan(first.indexOf(marker(0)));
    for (const part of [first, ...others.slice(0, 2)]) expect(part).toContain("\n(nothing yet)\n");
    expect(prompts.flatMap(markersIn)).toEqual(Array.from({ length: 12 }, (_, at) => marker(at)));
  });

  test("that is too long for one call is read all the same, to its end", async () => {
    const facts = Array.from({ length: 200 }, (_, at) => `fact${at}.`);
    const prompts = await secondFold(facts.join(" "), [line(100)], {
      maxInputTokens: 505,
      prompt: "{conversation_text}",
    });
    expect(prompts.slice(0, -1).every((prompt) => prompt.length <= 505)).toBe(true);
    const read = unmarked(prompts.slice(0, -1));
    for (const fact of facts) expect(read).toContain(fact);
    expect(read).toContain("agent: xxx");
  });
});

/** Parts of a text, joined, without the indent of those that begin in the middle of a line. */
function unmarked(parts: readonly string[]): string {
  return parts.map((part) => part.replace(/^ {2}/, "")).join("");
}

test("How a long input is handed over is checked at construction", () => {
  const model = new RecordingModel();
  for (const [options, named] of [
    [{ maxInputTokens: 0 }, "`maxInputTokens`"],
    [{ maxInputTokens: Number.NaN }, "`maxInputTokens`"],
    [{ concurrency: 0 }, "`concurrency`"],
    [{ concurrency: 1.5 }, "`concurrency`"],
  ] as const) {
    for (const construct of [
      () => chunked(stubSummarizer(), options),
      () => structuredSummarizer(model, options),
      () => new SessionSummarizer({ ...options, model }),
    ]) {
      expect(construct).toThrow(ConfigurationError);
      expect(construct).toThrow(named);
    }
  }
});
