import { ConfigurationError } from "@sessionfold/core";
import { agentSummarizer } from "@sessionfold/langchain";
import { describe, expect, test } from "vitest";
import { until } from "../background/support.ts";
import { serverError } from "../support/model-server.ts";
import { runProcess } from "../support/own-process.ts";
import { parcelAgent } from "../support/parcel-agent.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import {
  askTurns,
  backgroundAgent,
  backgroundFilter,
  carriers,
  heldWriter,
  shownIn,
  twoModels,
} from "./background-agent.ts";

describe("a summarizer that fails costs nothing", () => {
  test.each([
    ["a model that is down", {}],
    ["one that throws", { summarizer: stubSummarizer(() => Promise.reject(new Error("down"))) }],
    ["one that answers nothing", { summarizer: stubSummarizer("") }],
    ["one that never answers", { summarizer: stubSummarizer(() => new Promise(() => {})), timeoutMs: 20 }],
  ])("%s: the messages go out unchanged", async (_, options) => {
    const models = await twoModels(() => serverError());
    const its = backgroundAgent(models, { limit: false, ...options });
    await askTurns(its, 4);
    await its.filter.middleware.flush();
    expect(its.filter.of("failed").length).toBeGreaterThan(0);
    expect(models.asked().map((request) => shownIn(request).size)).toEqual([1, 3, 5, 7, 9, 11, 13, 15]);
    expect(carriers(await its.messages())).toEqual([]);
    const streamed: unknown[] = [];
    const input = { messages: [{ role: "user", content: "Question 4" }] };
    for await (const piece of await its.agent.stream(input, { ...its.config, streamMode: "custom" } as never))
      streamed.push(piece);
    expect(streamed).toEqual([]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("secret");
      },
    ],
    ["rejects", () => Promise.reject(new Error("secret"))],
  ] as const)("neither does what the application hangs on: it %s", async (_, broken: () => unknown) => {
    const warnings: string[] = [];
    const models = await twoModels();
    const filter = agentSummarizer({
      mode: "background",
      trigger: ({ userEvents }) => userEvents >= 3,
      keep: { turns: 1 },
      model: models.server.chat({ model: "writer" }),
      onOutcome: broken,
      waitUntil: broken,
      logger: {
        warn: (message) => {
          warnings.push(message);
          throw new Error("secret");
        },
      },
    });
    const its = parcelAgent(models.server, { middleware: [filter] });
    await askTurns(its, 3);
    await filter.flush();
    await its.ask("Question 3");
    await filter.flush();
    expect(shownIn(models.asked().at(-1)).summaries).toEqual(["SUMMARY 1"]);
    expect(warnings).toContain("sessionfold: waitUntil failed");
    expect(warnings).toContain("sessionfold: onOutcome failed for the filter sessionfold");
    expect(warnings.join()).not.toContain("secret");
  });
});

describe("how many at once", () => {
  test("so many threads fold at once and no more, and every one is folded in the end", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const filter = backgroundFilter(models, { maxConcurrentFolds: 2 });
    const threads = [1, 2, 3, 4, 5].map((at) =>
      parcelAgent(models.server, { middleware: [filter.middleware], thread: `thread ${at}` }),
    );
    await Promise.all(threads.map((its) => askTurns(its, 3)));
    await until(() => models.written().length === 2);
    expect(models.server.inProgress()).toBe(2);
    held.open();
    await filter.middleware.flush();
    expect(models.written()).toHaveLength(5);
    for (const { ask } of threads) await ask("Question 3");
    for (const request of models.asked().slice(-10)) expect(shownIn(request).summaries).toHaveLength(1);
    expect(models.written()).toHaveLength(5);
  });
});

describe("flush, close, waitUntil", () => {
  test("waitUntil is given the end of the fold", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const ends: Promise<void>[] = [];
    const its = backgroundAgent(models, { waitUntil: (done) => ends.push(done) });
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    held.open();
    await Promise.all(ends);
    expect(its.filter.of("summarized")).toHaveLength(1);
  });

  test("close waits for what is under way, and begins nothing any more; agents go on", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models, { limit: false });
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    const closing = its.filter.middleware.close();
    held.open();
    await closing;
    await askTurns(its, 4, 3);
    expect(shownIn(models.asked().at(-1)).summaries).toEqual(["SUMMARY 1"]);
    expect(models.written()).toHaveLength(1);
  });

  test("close calls off what takes too long", async () => {
    const { writer } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models);
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    await its.filter.middleware.close({ drainMs: 1 });
    expect(its.filter.of("skipped").at(-1)?.reason).toBe("aborted");
    await expect(its.filter.middleware.close({ drainMs: Number.NaN })).rejects.toThrow(ConfigurationError);
  });

  test("a closed filter that folds in the call folds no more", async () => {
    const models = await twoModels();
    const its = backgroundAgent(models, { mode: "inline" });
    await its.filter.middleware.close();
    await askTurns(its, 4);
    expect(models.written()).toEqual([]);
    await its.filter.middleware.flush();
  });
});

const PROCESS = `
  import { agentSummarizer } from "@sessionfold/langchain";
  import { createAgent, fakeModel } from "langchain";
  import { AIMessage } from "@langchain/core/messages";
  const summarizer = { name: "writer", model: "m", summarize: SUMMARIZE };
  const filter = agentSummarizer({
    summarizer, trigger: ({ userEvents }) => userEvents >= 3, keep: { turns: 1 }, timeoutMs: 3_600_000,
    retry: { delaysMs: [3_600_000] }, onEvent: ({ kind }) => console.log(kind), mode: "background",
  });
  const model = fakeModel();
  for (let turn = 0; turn < 3; turn++) model.respond(new AIMessage("answer " + turn));
  const agent = createAgent({ model, tools: [], middleware: [filter] });
  let messages = [];
  for (let turn = 0; turn < 3; turn++)
    ({ messages } = await agent.invoke({ messages: [...messages, { role: "user", content: "question " + turn }] }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log("over");
`;

test.each([
  ["hangs", "() => new Promise(() => {})"],
  ["waits to ask once more", "async () => { throw Object.assign(new Error('busy'), { status: 503 }); }"],
  ["fails for good", "async () => { throw Object.assign(new Error('no'), { status: 401 }); }"],
])("a process ends by itself, without a word, while a fold %s", async (_, summarize) => {
  const { printed, errors, exitCode } = await runProcess(PROCESS.replace("SUMMARIZE", summarize));
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: "" });
  expect(printed).toContain("started");
  expect(printed).toContain("over");
});
