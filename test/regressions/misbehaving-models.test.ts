import { AIMessageChunk } from "@langchain/core/messages";
import {
  SessionSummarizer,
  type SessionSummarizerOptions,
  type SummarizeOutcome,
  structuredSummarizer,
} from "@sessionfold/core";
import { describe, expect, test, vi } from "vitest";
import { failureCode, ferryTalk, foldWith, said } from "../support/misbehaving.ts";
import * as play from "../support/model-server.ts";
import { playing } from "../support/model-session.ts";

const GIST = "The ferry was asked about, and each question was answered.";

describe("what holds no word is no summary", () => {
  test.each(["", null, ".", "...", "---"])("an answer of %j that ended at its limit", async (content) => {
    expect(failureCode(await foldWith([{ content, finishReason: "length" }]))).toBe("empty-summary");
  });

  test("an answer of punctuation that ended by itself", async () => {
    expect(failureCode(await foldWith(["…"]))).toBe("empty-summary");
  });

  test("a model that spent its limit on thinking", async () => {
    const content = "<think>The user asks about the ferry, so I should";
    expect(failureCode(await foldWith([{ content, finishReason: "length" }]))).toBe("empty-summary");
  });
});

describe("thoughts are not the summary", () => {
  test.each([
    ["before it", `<think>\nWhat matters here?\n\nThe ferry.\n</think>\n\n${GIST}`],
    ["before it, by another name", `<thinking>Let me see.</thinking>${GIST}`],
    ["behind an introduction", `Let me see.\n<think>Or not.</think>\n${GIST}`],
    ["with a beginning that the provider swallowed", `What matters here? The ferry.\n</think>\n\n${GIST}`],
  ])("thoughts %s", async (_, answer) => {
    const outcome = await foldWith([answer]);
    expect(said(outcome)).toMatch(
      /^(Let me see\.\s+)?The ferry was asked about, and each question was answered\.$/,
    );
  });

  test("a summary that speaks of the tag stays as it is", async () => {
    const text = "The user asked what <think> does, and that </think> ends it.";
    expect(said(await foldWith([text]))).toBe(text);
  });

  test("braces in thoughts are no record", async () => {
    const record = { decisions: [], facts: ["Pier 3"], openTasks: [], entities: [], preferences: [] };
    const thought = { ...record, facts: ["Pier 9, or not"] };
    const server = await playing([`<think>${JSON.stringify(thought)}</think>${JSON.stringify(record)}`]);
    const outcome = await foldWith([], { model: undefined, summarizer: structuredSummarizer(server.chat()) });
    expect(said(outcome)).toBe("Facts:\n- Pier 3");
  });
});

describe("refusals in words", () => {
  test.each([
    "I cannot fulfill your request.",
    "I can't fulfill that request.",
    "I'm sorry, but I cannot fulfill this request.",
    "I am unable to respond to this.",
    "I can’t discuss this.",
    "I'm sorry, I can't engage with this content.",
    "I must decline to summarize this.",
    "I'm sorry, but as an AI I can't do it.",
    "As an AI language model, I am not able to assist with that.",
    "Unfortunately, I won't be able to complete this task.",
    "I apologize, but I have to decline.",
    "Sorry — I cannot help with that.",
  ])("%s", async (answer) => {
    expect(failureCode(await foldWith([answer]))).toBe("summary-refused");
  });

  test.each([
    "I'm sorry to say that the ferry was cancelled, the user was told.",
    "I cannot find the timetable, said the agent; the user will call the pier.",
    "The agent said: I can't help with that. The user asked for the timetable of the ferry.",
    "Sorry for the delay, wrote the user, who wants the ferry at nine.",
  ])("no refusal: %s", async (answer) => {
    expect(said(await foldWith([answer]))).toBe(answer);
  });

  test("of a structured summary, also when asked for again", async () => {
    const server = await playing(["I cannot fulfill your request."]);
    const outcome = await foldWith([], { model: undefined, summarizer: structuredSummarizer(server.chat()) });
    expect(failureCode(outcome)).toBe("summary-refused");
    expect(server.requests).toHaveLength(2);
  });
});

/** The conversation as the model was given it. */
function conversation({ messages }: play.CompletionRequest): string {
  const prompt = messages.at(-1)?.content ?? "";
  return prompt.slice(prompt.indexOf("user: Question"), prompt.lastIndexOf("end 6.") + 40);
}

describe("the conversation said over again is no summary", () => {
  const unlimited: SessionSummarizerOptions = { maxSummaryLength: null };
  const echoes: readonly (readonly [string, (text: string) => play.Answer])[] = [
    ["whole", (text) => text],
    ["cut off at the limit", (text) => ({ content: text.slice(0, 900), finishReason: "length" })],
    ["cut off early", (text) => ({ content: text.slice(0, 400), finishReason: "length" })],
    ["with other labels", (text) => text.replace(/^user:/gm, "Human:").replace(/^agent:/gm, "**AI**:")],
    ["with an introduction", (text) => `Here is the summary:\n\n${text.slice(0, text.length - 60)}`],
    ["as a list", (text) => text.replace(/^/gm, "- ")],
  ];

  test.each(echoes)("%s", async (_, answer) => {
    for (const options of [unlimited, {}]) {
      const outcome = await foldWith((request) => answer(conversation(request)), options);
      expect(["summary-echoed", "summary-too-long"]).toContain(failureCode(outcome));
    }
  });

  test("without spaces between its words", async () => {
    const events = Array.from({ length: 8 }, (_, at) => [
      {
        author: "user",
        message: `第${at}个问题：明天早上几点有去岛上的渡轮，在哪个码头上船，需要提前多久到达，能不能带自行车？`,
      },
      {
        author: "agent",
        message: `第${at}个回答：早上九点在三号码头上船，请提前二十分钟到达，自行车可以免费携带，没有问题。`,
      },
    ]).flat();
    const again = ({ messages }: play.CompletionRequest): string => {
      const prompt = messages.at(-1)?.content ?? "";
      const text = prompt.slice(prompt.indexOf("user: 第"), prompt.lastIndexOf("没有问题"));
      return text.replace(/^user:/gm, "用户：").replace(/^agent:/gm, "助手：");
    };
    expect(failureCode(await foldWith(again, unlimited, events))).toBe("summary-echoed");
  });

  test("a summary that quotes what was said stays", async () => {
    const quoting = (request: play.CompletionRequest): string => {
      const [line = ""] = conversation(request).split("\n");
      return `The user asked several times about the ferry; the first question, in full, was "${line}", and all of them were answered by the agent in the same way, at length, with no open point left behind.`;
    };
    expect(said(await foldWith(quoting, unlimited))).toContain("in full");
  });
});

test("a merge may hold the summaries of the parts as they are", async () => {
  const server = await playing(({ messages }) => {
    const prompt = messages.at(-1)?.content ?? "";
    const parts = /<summaries_of_the_parts[^>]*>\n([\s\S]*?)\n<\/summaries/.exec(prompt)?.[1];
    if (parts !== undefined) return parts.replaceAll("Besides, all is well. ", "");
    const [question = ""] = /Question \d+/.exec(prompt) ?? [];
    return `Besides, all is well. ${question} was about the ferry, and what followed it was answered by the agent.`;
  });
  const outcome = await foldWith([], { model: server.chat(), maxInputTokens: 300 });
  expect(said(outcome)).toMatch(/Question 0 was about[\s\S]*Question 3 was about/);
});

describe("how long a summary may be", () => {
  test("what is longer than its source fails, though its cut would be shorter", async () => {
    expect(failureCode(await foldWith([play.huge(100_000)]))).toBe("summary-too-long");
    expect(failureCode(await foldWith([play.huge(100_000)], { maxSummaryLength: 50 }))).toBe(
      "summary-too-long",
    );
  });

  test.each([1, 3, 4, 20, 60, 200])(
    "a cut to %i characters holds its mark within them",
    async (maxSummaryLength) => {
      const text = said(await foldWith([play.huge(500)], { maxSummaryLength }));
      expect(text.length).toBeLessThanOrEqual(maxSummaryLength);
      if (maxSummaryLength >= 4) expect(text).toMatch(/\.\.\.$/);
    },
  );

  test("a limit that leaves no word of it", async () => {
    for (const maxSummaryLength of [1, 4])
      expect(failureCode(await foldWith(["😀 All is well."], { maxSummaryLength }))).toBe("empty-summary");
  });

  test("summaries of parts that are longer than these", async () => {
    const server = await playing([play.huge(3000)]);
    const outcome: SummarizeOutcome = await new SessionSummarizer({
      model: server.chat(),
      keep: { turns: 1 },
      retry: false,
      maxInputTokens: 300,
    }).summarizeEvents(ferryTalk(), { force: true });
    expect(failureCode(outcome)).toBe("summary-too-long");
  });
});

describe("a model that its owner changed is asked as it is", () => {
  const patched = new AIMessageChunk("Told by the patch: the ferry was asked about.");

  test.each(["invoke", "_generate"] as const)("%s patched on the instance", async (method) => {
    const server = await playing(["Told by the network."]);
    for (const when of ["before", "after"] as const) {
      const model = server.chat();
      const sut = new SessionSummarizer({ model, keep: { turns: 1 }, retry: false });
      if (when === "after")
        expect(said(await sut.summarizeEvents(ferryTalk(), { force: true }))).toBe("Told by the network.");
      if (method === "invoke") vi.spyOn(model, "invoke").mockResolvedValue(patched);
      else
        vi.spyOn(model, "_generate").mockResolvedValue({
          generations: [{ text: patched.text, message: patched }],
        });
      expect(said(await sut.summarizeEvents(ferryTalk(), { force: true }))).toBe(patched.text);
    }
    expect(server.requests).toHaveLength(1);
  });

  test("a model within it that was patched", async () => {
    const server = await playing(["Told by the network."]);
    const model = server.chat();
    const { completions } = model as unknown as { completions: typeof model };
    vi.spyOn(completions, "_generate").mockResolvedValue({
      generations: [{ text: patched.text, message: patched }],
    });
    expect(said(await foldWith([], { model }))).toBe(patched.text);
    expect(server.requests).toHaveLength(0);
  });

  test("what was set after the first fold counts in the second", async () => {
    const server = await playing(["Told by the network."]);
    const model = server.chat({ temperature: 0 });
    const sut = new SessionSummarizer({ model, keep: { turns: 1 }, retry: false });
    await sut.summarizeEvents(ferryTalk(), { force: true });
    model.temperature = 0.7;
    Object.assign((model as unknown as { completions: object }).completions, { temperature: 0.7 });
    await sut.summarizeEvents(ferryTalk(), { force: true });
    expect(server.requests.map((request) => request.temperature)).toEqual([0, 0.7]);
  });

  test("maxConcurrency is one for folds and for all else", async () => {
    const open: number[] = [];
    let going = 0;
    const server = await playing(async () => {
      open.push(++going);
      await new Promise((resolve) => setTimeout(resolve, 20));
      going--;
      return "A short part.";
    });
    const model = server.chat({ maxConcurrency: 1 });
    const sut = new SessionSummarizer({ model, keep: { turns: 1 }, retry: false, maxInputTokens: 300 });
    const folds = [1, 2].map(() => sut.summarizeEvents(ferryTalk(), { force: true }));
    await Promise.all([...folds, model.invoke("Hello"), model.invoke("Hello again")]);
    expect(open.length).toBeGreaterThan(6);
    expect(Math.max(...open)).toBe(1);
  });
});

describe("models that think get no limit on their answer", () => {
  test.each([
    ["gpt-4o-mini", 100],
    ["openai/gpt-4o-mini", 100],
    ["openai/gpt-5-chat", 100],
    ["grok-4-non-reasoning", 100],
    ["gpt-5-mini", undefined],
    ["openai/gpt-5-mini", undefined],
    ["openai/o4-mini", undefined],
    ["deepseek-reasoner", undefined],
    ["deepseek/deepseek-r1", undefined],
    ["qwen3-30b-a3b-thinking", undefined],
  ])("%s", async (name, limit) => {
    const server = await playing([GIST]);
    await foldWith([], { model: server.chat({ model: name }), targetTokens: 100 });
    const [request] = server.requests;
    expect(request?.max_tokens ?? request?.max_completion_tokens).toBe(limit);
  });
});
