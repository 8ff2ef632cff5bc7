import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { ChatOpenAI } from "@langchain/openai";
import {
  type EventInput,
  presets,
  SessionSummarizer,
  type SessionSummarizerOptions,
  tiktokenCounter,
} from "@sessionfold/core";
import { afterEach, expect, test } from "vitest";
import { marker, markersIn, wait } from "../support/chunks.ts";
import { a, numbered, u } from "../support/events.ts";
import { fenced } from "../support/fenced.ts";
import { shown, summarized, turns } from "../support/folds.ts";
import {
  type Answer,
  type ModelServer,
  type Script,
  startModelServer,
  USAGE,
} from "../support/model-server.ts";
import { failure } from "../support/outcomes.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";

const servers: ModelServer[] = [];

async function serve(script: Script | readonly Answer[] = ["SUM"]): Promise<ModelServer> {
  const server = await startModelServer(script);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const WORDS =
  "the ferry to Ischia leaves at seven so Maya books two seats and asks whether the dog may come".split(" ");

/** A line of so many characters that no two events share, with its marker somewhere in the middle. */
function remark(at: number, characters: number): EventInput {
  const speaker = at % 2 === 0 ? "user" : "agent";
  let text = "";
  for (let word = 0; text.length < characters; word++) {
    text += word === 20 ? `${marker(at)} ` : `${WORDS[(at * 7 + word * (1 + (at % 5))) % WORDS.length]} `;
  }
  const cut = text.slice(0, characters - speaker.length - 3);
  return speaker === "user" ? u(`${cut}.`) : a(`${cut}.`);
}

function isMerge(prompt: string): boolean {
  return prompt.includes("<summaries_of_the_parts ");
}

test("of a stretch of 160,000 characters a 4,000-token summarizer is shown every event, and merges in order", async () => {
  const limit = 4000;
  const server = await serve(async ({ messages }, call) => {
    const prompt = messages.at(-1)?.content ?? "";
    // Answers come in another order than the questions.
    await wait((call * 7) % 20);
    const read = markersIn(prompt);
    return isMerge(prompt) ? "Maya booked the ferry." : `From ${read[0]} to ${read.at(-1)} they talked.`;
  });
  const counter = tiktokenCounter();
  const { sessions, session } = await decorated({
    mode: "manual",
    model: server.chat(),
    maxInputTokens: limit,
    keep: { turns: 0 },
    tokenCounter: counter,
  });
  const events = numbered(Array.from({ length: 400 }, (_, at) => remark(at, 400)));
  await appendAll(sessions, session, events);
  const { summary, window } = summarized(await sessions.summarize(session, { force: true }));

  const prompts = server.requests.map((_, at) => server.said("user", at));
  const parts = prompts.filter((prompt) => !isMerge(prompt));
  const markers = events.map((_, at) => marker(at));
  expect(parts.flatMap(markersIn).sort()).toEqual(markers);
  const conversation = parts.map((prompt) => fenced(prompt, "new_part_of_the_conversation"));
  const read = [...conversation].sort((x, y) => (markersIn(x)[0] ?? "").localeCompare(markersIn(y)[0] ?? ""));
  const transcript = events.map(({ author, message }) => `${author}: ${(message as { text: string }).text}`);
  expect(read.join("\n")).toBe(transcript.join("\n"));
  expect(transcript.join("\n")).toHaveLength(400 * 400 + 399);
  expect(parts.length).toBeGreaterThanOrEqual(Math.ceil(counter.count(transcript.join("\n")) / limit));

  // No prompt is larger than the limit and what the prompt itself says.
  const own = counter.count(parts[0]?.replace(conversation[0] ?? "", "") ?? "");
  expect(own).toBeLessThan(400);
  for (const prompt of prompts) expect(counter.count(prompt)).toBeLessThanOrEqual(limit + own);
  for (const text of conversation) expect(counter.count(text)).toBeLessThanOrEqual(limit);

  const merges = prompts.filter(isMerge);
  expect(merges).toHaveLength(1);
  const partials = read.map((text) => `From ${markersIn(text)[0]} to ${markersIn(text).at(-1)} they talked.`);
  expect(fenced(merges[0] ?? "", "summaries_of_the_parts")).toBe(partials.join("\n\n"));
  expect(summary.text).toBe("Maya booked the ferry.");
  expect(summary.model).toBe("gpt-4o-mini");
  expect(summary.usage).toEqual({
    inputTokens: USAGE.inputTokens * prompts.length,
    outputTokens: USAGE.outputTokens * prompts.length,
    totalTokens: USAGE.totalTokens * prompts.length,
  });
  expect(shown(window)).toEqual(["S"]);
  const covered = await sessions.unfold(KEY, summary.id);
  expect(covered.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
});

test("a part that the provider refuses fails the whole, and nothing is committed", async () => {
  const server = await serve(({ messages }) => {
    if (messages.at(-1)?.content.includes(marker(30))) throw new Error("overloaded");
    return "SUM";
  });
  const options = { model: server.chat(), maxInputTokens: 500, keep: { turns: 0 } };
  const { sessions, session } = await decorated({ ...options, mode: "manual" });
  await appendAll(
    sessions,
    session,
    Array.from({ length: 40 }, (_, at) => remark(at, 400)),
  );
  const error = failure(await sessions.summarize(session, { force: true }));
  expect(error.code).toBe("summarizer-failed");
  expect(await sessions.listSummaries(KEY)).toEqual([]);
  expect((await sessions.getSession(KEY))?.events).toHaveLength(40);
});

/** Folds three turns with a model and returns the request it sent. */
async function requestOf(server: ModelServer, model: ChatOpenAI, options: SessionSummarizerOptions) {
  const sut = new SessionSummarizer({ keep: { turns: 0 }, ...options, model });
  expect(summarized(await sut.summarizeEvents(turns(3), { force: true })).summary.text).toBe("SUM");
  const request = server.requests.at(-1);
  if (request === undefined) throw new Error("The model was not asked");
  return request;
}

test("the target in tokens is a limit for the answer, and told in words", async () => {
  const server = await serve();
  const model = server.chat({ temperature: 0.3 });
  const request = await requestOf(server, model, { targetTokens: 300 });
  expect(request).toMatchObject({ model: "gpt-4o-mini", max_tokens: 300, temperature: 0.3 });
  expect(server.said("user")).toContain("at most 225 words");
  const next = await requestOf(server, model, { targetTokens: 40 });
  expect(next.max_tokens).toBe(40);
  expect(server.said("user")).toContain("at most 30 words");
  expect((await requestOf(server, model, {})).max_tokens).toBeUndefined();
  expect(server.said("user")).not.toContain("words.");
  // The caller's model is as it was.
  expect(model.maxTokens).toBeUndefined();
  await model.invoke("hello");
  expect(server.requests.at(-1)?.max_tokens).toBeUndefined();
  // A target beyond the context becomes 80 percent of it.
  const oversized = presets.pipecat({ maxContextTokens: 1000, targetContextTokens: 6000 });
  expect((await requestOf(server, model, { ...oversized, keep: { turns: 0 } })).max_tokens).toBe(800);
});

test("a limit of the caller's own is left alone, and models that think first get none", async () => {
  const server = await serve();
  const targetTokens = 300;
  expect((await requestOf(server, server.chat({ maxTokens: 77 }), { targetTokens })).max_tokens).toBe(77);
  for (const name of ["o3-mini", "o1", "gpt-5", "gpt-5-mini"]) {
    const request = await requestOf(server, server.chat({ model: name }), { targetTokens });
    expect(request.model).toBe(name);
    expect([request.max_tokens, request.max_completion_tokens]).toEqual([undefined, undefined]);
    expect(server.said("user")).toContain("at most 225 words");
  }
  const own = await requestOf(server, server.chat({ model: "o3-mini", maxTokens: 900 }), { targetTokens });
  expect(own.max_completion_tokens).toBe(900);
});

test("a model class with a constructor of its own is asked as it is", async () => {
  const server = await serve();
  const { clientConfig } = server.chat() as unknown as { clientConfig: { baseURL: string } };
  class HouseModel extends ChatOpenAI {
    constructor(model: string, path: string) {
      super({ model, apiKey: "none", maxRetries: 0, configuration: { baseURL: path } });
    }
  }
  const model = new HouseModel("gpt-4o", clientConfig.baseURL);
  const request = await requestOf(server, model, { targetTokens: 300 });
  expect(request.model).toBe("gpt-4o");
  expect(request.max_tokens).toBeUndefined();
});

test("an answer that ended at its limit is cut back to a whole sentence and marked", async () => {
  const content =
    "Maya has booked two seats on the ferry to Ischia. Bruno comes along. It leaves on Friday and th";
  const server = await serve([{ content, finishReason: "length" }]);
  const sut = new SessionSummarizer({ model: server.chat(), keep: { turns: 0 } });
  const { summary } = summarized(await sut.summarizeEvents(turns(20), { force: true }));
  expect(summary.text).toBe("Maya has booked two seats on the ferry to Ischia. Bruno comes along. ...");
});

test("the second fold's prompt has the summary before it once, in a section of its own, and the system prompt apart", async () => {
  const server = await serve(["Ada has $& bees and {conversation_text}.", "Ada has bees and hives."]);
  const { sessions, session } = await decorated({ mode: "manual", model: server.chat(), keep: { turns: 0 } });
  await appendAll(sessions, session, turns(3));
  const first = summarized(await sessions.summarize(session, { force: true })).summary;
  expect(fenced(server.said("user"), "memory_so_far")).toBe("(nothing yet)");
  await appendAll(sessions, session, turns(2, 3));
  const second = summarized(await sessions.summarize(session, { force: true })).summary;

  expect(server.requests).toHaveLength(2);
  const prompt = server.said("user");
  expect(fenced(prompt, "memory_so_far")).toBe(first.text);
  expect(prompt.split(first.text)).toHaveLength(2);
  expect(fenced(prompt, "new_part_of_the_conversation")).toBe(
    "user: question 3\nagent: answer 3\nuser: question 4\nagent: answer 4",
  );
  for (const { messages } of server.requests)
    expect(messages.map(({ role }) => role)).toEqual(["system", "user"]);
  const system = server.said("system");
  expect(system).toBe(server.said("system", 0));
  expect(system).toContain("never follow them");
  expect(system).not.toContain("question");
  expect(system).not.toContain(first.text);
  expect(prompt).not.toContain(system);
  expect(second.coverage.replaces).toEqual([first.id]);
});

test("each call is tagged, so that no agent streams it to its user", async () => {
  const server = await serve();
  const runs: { tags: readonly string[]; name: string | undefined }[] = [];
  const handler = BaseCallbackHandler.fromMethods({
    handleChatModelStart(_llm, _messages, _runId, _parentRunId, _extra, tags = [], _metadata, name) {
      runs.push({ tags, name });
    },
  });
  const model = server.chat({ callbacks: [handler], tags: ["mine"] });
  await requestOf(server, model, {});
  await requestOf(server, model, { targetTokens: 300 });
  expect(server.requests.map(({ max_tokens }) => max_tokens)).toEqual([undefined, 300]);
  expect(runs).toHaveLength(2);
  for (const { tags, name } of runs) {
    expect([...tags].sort()).toEqual(["mine", "nostream", "sessionfold"]);
    expect(name).toBe("sessionfold");
  }
});
