import {
  approximateCounter,
  ConfigurationError,
  chatModelSummarizer,
  InMemorySessionService,
  presets,
  SessionSummarizer,
  type SessionSummarizerOptions,
  type SummarizeOverrides,
  type SummarizerRequest,
  withSummaries,
} from "@sessionfold/core";
import { expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { summarized, turns } from "../support/folds.ts";
import { textOf } from "../support/outcomes.ts";
import { BlockModel, RecordingModel } from "../support/recording-model.ts";
import { appendAll, decorated } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

/** What a summarizer is called with, for a text alone. */
function requestOf(transcript: string): SummarizerRequest {
  return {
    id: "r1",
    events: [],
    previous: [],
    history: () => [],
    blocks: [],
    purpose: "whole",
    timeLeft: () => null,
    transcript,
    targetTokens: undefined,
    maxLength: null,
    counter: approximateCounter(),
    signal: new AbortController().signal,
  };
}

const TRPC = presets.trpcAgent({ keepEvents: 0 });
const DEFAULTS: SessionSummarizerOptions = { keep: { turns: 0 } };

/** Folds and returns the text of the summary's message in the window. */
async function messageOf(options: SessionSummarizerOptions, answer: string): Promise<string> {
  const sut = new SessionSummarizer({ ...options, summarizer: stubSummarizer(answer) });
  const events = [u("hello"), a("a".repeat(100))];
  const { window } = summarized(await sut.summarizeEvents(events, { force: true, keep: { events: 0 } }));
  return textOf(window[0]);
}

/** Folds a source of 3,000 characters and returns the summary's text. */
async function cut(options: SessionSummarizerOptions, answer: string): Promise<string> {
  const summarizer = stubSummarizer(answer);
  const sut = new SessionSummarizer({ ...options, tokenCounter: approximateCounter(), summarizer });
  const outcome = await sut.summarizeEvents([a("x".repeat(3000))], { force: true });
  return summarized(outcome).summary.text;
}

test("TPL-01: the default prompt contains the conversation and ends with Summary:", async () => {
  for (const options of [TRPC, DEFAULTS]) {
    const model = new RecordingModel();
    const sut = new SessionSummarizer({ ...options, model });
    await sut.summarizeEvents([u("Where is the KEY?"), a("Under the mat.")], { force: true });
    expect(model.requests).toHaveLength(1);
    expect(model.prompt()).toContain("user: Where is the KEY?\nagent: Under the mat.");
    expect(model.prompt().endsWith("Summary:")).toBe(true);
    expect(model.prompt()).not.toMatch(/\{[a-z_]+\}/);
    expect(model.system()).not.toContain("KEY");
  }
});

test("TPL-02: a prompt of one's own is what the model gets", async () => {
  const model = new RecordingModel("SUM");
  const summarizer = chatModelSummarizer(model, { prompt: "Summarize: {conversation_text}" });
  await summarizer.summarize(requestOf("test content"));
  expect(model.requests[0]?.map((message) => message.text)).toEqual(["Summarize: test content"]);
  const sut = new SessionSummarizer({ ...TRPC, model, prompt: "Summarize: {conversation_text}" });
  await sut.summarizeEvents([a("test content")], { force: true });
  expect(model.prompt()).toBe("Summarize: agent: test content");
  // What the conversation contains is text, never a pattern or a placeholder.
  await summarizer.summarize(requestOf("costs $& and $1, {conversation_text} {}"));
  expect(model.prompt()).toBe("Summarize: costs $& and $1, {conversation_text} {}");
});

test("TPL-04: a template without its placeholder is refused at construction, in every mode", () => {
  const wrong: readonly [SessionSummarizerOptions, string][] = [
    [{ prompt: "Summarize the conversation." }, "{conversation_text}"],
    [{ prompt: "Summarize: {conversation}" }, "{conversation}"],
    [{ prompt: "Summarize: {} {conversation_text}" }, "{}"],
    [{ prompt: "" }, "`prompt`"],
    [{ systemPrompt: "At most {max_words} words" }, "{max_words}"],
    [{ summaryMessage: { template: "Earlier: (see above)" } }, "{summary}"],
    [{ summaryMessage: { template: "{summary} {what}" } }, "{what}"],
    [presets.pipecat({ summaryMessageTemplate: "Earlier" }), "{summary}"],
  ];
  for (const [options, named] of wrong) {
    for (const writer of [
      {},
      { model: new RecordingModel() },
      { summarizer: stubSummarizer() },
    ] satisfies SessionSummarizerOptions[]) {
      const given = { ...options, ...writer };
      const constructions = [
        () => new SessionSummarizer(given),
        () => withSummaries(new InMemorySessionService(), given),
        () => withSummaries(new InMemorySessionService(), { ...given, mode: "inline" }),
        () => withSummaries(new InMemorySessionService(), { ...given, mode: "manual" }),
      ];
      for (const construct of constructions) {
        expect(construct).toThrow(ConfigurationError);
        expect(construct).toThrow(named);
      }
    }
  }
  expect(() => chatModelSummarizer(new RecordingModel(), { prompt: "Summarize." })).toThrow(
    ConfigurationError,
  );
  expect(
    () => new SessionSummarizer({ prompt: "{conversation_text}", summaryMessage: { template: "{summary}" } }),
  ).not.toThrow();
});

test("TPL-11: the template of the summary's message wraps the text exactly", async () => {
  const template = "<context_summary>\n{summary}\n</context_summary>";
  const wrapped = "<context_summary>\nThe user wants tea.\n</context_summary>";
  const pipecat = presets.pipecat({ summaryMessageTemplate: template });
  for (const options of [pipecat, { summaryMessage: { template } }]) {
    expect(await messageOf(options, "The user wants tea.")).toBe(wrapped);
  }
  expect(await messageOf(presets.pipecat(), "The user wants tea.")).toBe(
    "Conversation summary: The user wants tea.",
  );
});

test("TPL-12: other braces of a template are text", async () => {
  const template = '{"s":"{summary}"}';
  const pipecat = presets.pipecat({ summaryMessageTemplate: template });
  for (const options of [pipecat, { summaryMessage: { template } }]) {
    expect(await messageOf(options, "SUM")).toBe('{"s":"SUM"}');
    // So is what the summary itself contains.
    const odd = "$& {summary} {} {0} $1 {x}";
    expect(await messageOf(options, odd)).toBe(`{"s":"${odd}"}`);
  }
  const model = new RecordingModel();
  const prompt = 'Answer as {"summary": "...", "open": [{ }]}: {conversation_text}';
  const sut = new SessionSummarizer({ ...DEFAULTS, model, prompt });
  await sut.summarizeEvents([a("hi there")], { force: true });
  expect(model.prompt()).toBe('Answer as {"summary": "...", "open": [{ }]}: agent: hi there');
});

test("TPL-14: a long summary is cut at a sentence's end in the last third, or else hard, and marked", async () => {
  const limited = [presets.trpcAgent({ keepEvents: 0, maxSummaryLength: 100 })];
  for (const options of [...limited, { ...DEFAULTS, maxSummaryLength: 100 }]) {
    const hard = await cut(options, "b".repeat(2000));
    expect(hard.length).toBeLessThanOrEqual(100);
    expect(hard).toBe(`${"b".repeat(97)}...`);

    const sentence = `${"b".repeat(79)}.`;
    const soft = await cut(options, `${sentence} ${"c".repeat(1919)}`);
    expect(soft.length).toBeLessThanOrEqual(100);
    expect(soft.endsWith("...")).toBe(true);
    expect(soft.startsWith(sentence)).toBe(true);
    expect(soft).not.toContain("c");
    // A sentence that ends before the last third does not shorten it so much.
    const early = await cut(options, `${"b".repeat(49)}. ${"c".repeat(1949)}`);
    expect(early.length).toBeLessThanOrEqual(100);
    expect(early).toBe(`${"b".repeat(49)}. ${"c".repeat(46)}...`);
    // A full stop within a number or a name is no end.
    const decimal = await cut(options, `${"b".repeat(79)}.5 ${"c".repeat(1918)}`);
    expect(decimal.startsWith(`${"b".repeat(79)}.5 cc`)).toBe(true);
    // What fits is left as it is.
    expect(await cut(options, "b".repeat(100))).toBe("b".repeat(100));
  }
  expect((await cut({ ...DEFAULTS, maxSummaryLength: null }, "b".repeat(2000))).length).toBe(2000);
  expect(await cut(TRPC, "b".repeat(2000))).toBe(`${"b".repeat(997)}...`);
});

test("TPL-16: truncation never cuts inside a code point", async () => {
  const lone = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
  expect(lone.test("😀".slice(0, 1))).toBe(true);
  for (const text of ["😀".repeat(600), `a${"😀".repeat(600)}`, "𝒳y".repeat(500)]) {
    // From where an emoji and the mark fit.
    for (let maxSummaryLength = 5; maxSummaryLength <= 16; maxSummaryLength++) {
      for (const options of [
        presets.trpcAgent({ keepEvents: 0, maxSummaryLength }),
        { ...DEFAULTS, maxSummaryLength },
      ]) {
        const short = await cut(options, text);
        expect(lone.test(short)).toBe(false);
        const kept = short.replace(/\.\.\.$/, "");
        expect(short).not.toBe(kept);
        expect(text.startsWith(kept)).toBe(true);
        expect(kept.length).toBeLessThanOrEqual(maxSummaryLength - 3);
        expect(kept.length).toBeGreaterThanOrEqual(maxSummaryLength - 4);
      }
    }
  }
  // The summarizer without a model cuts lines by itself.
  const events = [u("😀".repeat(1500)), a(`x${"😀".repeat(1500)}`)];
  for (const maxSummaryLength of [300, 301]) {
    const sut = new SessionSummarizer({ ...DEFAULTS, maxSummaryLength });
    const { summary } = summarized(await sut.summarizeEvents(events, { force: true }));
    expect(summary.text).toContain("😀");
    expect(lone.test(summary.text)).toBe(false);
  }
});

test("TPL-17: prompts are checked, and a wrong one for one call leaves those in use", async () => {
  const conversation = "Summarize: {conversation_text}";
  const wrong: readonly SummarizeOverrides[] = [
    { prompt: "Summarize." },
    { prompt: "" },
    { prompt: " \n" },
    { systemPrompt: "Summarize this: {conversation_text}" },
    { systemPrompt: "" },
    { prompt: conversation, maxSummaryWords: 50 },
    { prompt: conversation, systemPrompt: "Be brief.", maxSummaryWords: 50 },
    { maxSummaryWords: -1 },
  ];
  for (const options of wrong) {
    const model = new RecordingModel();
    expect(() => new SessionSummarizer({ ...options, model })).toThrow(ConfigurationError);
    // A call with it is refused, and what was in use stays.
    const inUse = "In use: {conversation_text}";
    const { sessions, session } = await decorated({
      mode: "manual",
      keep: { turns: 1 },
      model,
      prompt: inUse,
    });
    await appendAll(sessions, session, turns(3));
    const override = { ...options, force: true };
    await expect(sessions.summarize(session, override)).rejects.toThrow(ConfigurationError);
    await expect(sessions.summarizeEvents(turns(3), override)).rejects.toThrow(ConfigurationError);
    expect(model.requests).toHaveLength(0);
    expect(await sessions.getSummary(session)).toBeNull();
    summarized(await sessions.summarize(session, { force: true }));
    expect(model.prompt()).toMatch(/^In use: user: question 0/);
  }
  const words = "In {max_summary_words} words at most.";
  const right: readonly SummarizeOverrides[] = [
    { prompt: `${words} ${conversation}`, maxSummaryWords: 50 },
    { prompt: conversation, systemPrompt: words, maxSummaryWords: 50 },
    { maxSummaryWords: 50 },
    { prompt: conversation, maxSummaryWords: 0 },
  ];
  for (const options of right) {
    const model = new RecordingModel();
    const sut = new SessionSummarizer({ ...DEFAULTS, model });
    summarized(await sut.summarizeEvents(turns(2), { ...options, force: true }));
    const told = `${model.system() ?? ""}\n${model.prompt()}`;
    expect(told).toContain("user: question 0");
    expect(told.includes("50 words")).toBe(options.maxSummaryWords === 50);
    expect(told).not.toContain("{max_summary_words}");
  }
});

test("TPL-19: the parts of an answer are joined and stripped", async () => {
  const parts = [
    { type: "text", text: "  This is " },
    { type: "reasoning", reasoning: "hm" },
    { type: "text", text: "the summary.\n" },
  ];
  for (const options of [TRPC, DEFAULTS]) {
    const sut = new SessionSummarizer({ ...options, model: new BlockModel(parts) });
    const outcome = summarized(await sut.summarizeEvents(turns(3), { force: true }));
    expect(outcome.summary.text).toBe("This is the summary.");
  }
  const plain = new SessionSummarizer({ ...TRPC, model: new RecordingModel(" This is the summary. \n") });
  const { summary } = summarized(await plain.summarizeEvents(turns(3), { force: true }));
  expect(summary.text).toBe("This is the summary.");
});
