import { AsyncLocalStorage } from "node:async_hooks";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { AIMessageChunk } from "@langchain/core/messages";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { Command, MemorySaver } from "@langchain/langgraph";
import type { FoldEvent } from "@sessionfold/langchain";
import { type AgentMiddleware, humanInTheLoopMiddleware } from "langchain";
import { describe, expect, test } from "vitest";
import { settled, until } from "../background/support.ts";
import type { CompletionRequest } from "../support/model-server.ts";
import { lookThenAnswer, parcelAgent } from "../support/parcel-agent.ts";
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

const asking = (text: string) => ({ messages: [{ role: "user", content: text }] });

/** Writes down which model calls it is told of. */
class Watcher extends BaseCallbackHandler {
  name = "watcher";
  readonly tags: (readonly string[])[] = [];

  override handleChatModelStart(
    _llm: unknown,
    _messages: unknown,
    _runId: string,
    _parent?: string,
    _extra?: unknown,
    tags: string[] = [],
  ): void {
    this.tags.push(tags);
  }
}

describe("GOX-02: a fold in the background has nothing of the run that made it due", () => {
  test("no callback of the run is told of the summarising call, nor has it the caller's context", async () => {
    const models = await twoModels();
    const caller = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const summarizer = stubSummarizer(() => {
      seen.push(caller.getStore(), AsyncLocalStorageProviderSingleton.getRunnableConfig());
      return "SUMMARY 1";
    });
    const its = backgroundAgent(models, { summarizer });
    const watcher = new Watcher();
    for (let turn = 0; turn < 3; turn++)
      await caller.run("anna", () =>
        its.agent.invoke(asking(`Question ${turn}`), { ...its.config, callbacks: [watcher] }),
      );
    await its.filter.middleware.flush();
    expect(seen).toEqual([undefined, undefined]);
    expect(watcher.tags).toHaveLength(6);
  });

  test("nor is a model's call the child of a run", async () => {
    const models = await twoModels();
    const its = backgroundAgent(models);
    const watcher = new Watcher();
    for (let turn = 0; turn < 4; turn++) {
      await its.agent.invoke(asking(`Question ${turn}`), { ...its.config, callbacks: [watcher] });
      await its.filter.middleware.flush();
    }
    expect(models.written()).toHaveLength(1);
    expect(watcher.tags).toHaveLength(8);
    expect(watcher.tags.some((tags) => tags.includes("sessionfold"))).toBe(false);
  });

  test("a run that is aborted does not take the fold with it", async () => {
    const { writer, held } = heldWriter();
    let isHanging = false;
    const models = await twoModels(writer, async (request, call) => {
      if (isHanging) await new Promise(() => {});
      return lookThenAnswer(request, call);
    });
    const its = backgroundAgent(models, { limit: false });
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    isHanging = true;
    const controller = new AbortController();
    const going = its.agent.invoke(asking("Question 3"), { ...its.config, signal: controller.signal });
    await until(() => models.asked().length === 7);
    controller.abort();
    await expect(going).rejects.toThrow();
    isHanging = false;
    held.open();
    await its.filter.middleware.flush();
    expect(its.filter.of("summarized")).toHaveLength(1);
    await its.ask("Question 4");
    expect(shownIn(models.asked().at(-1)).summaries).toEqual(["SUMMARY 1"]);
  });

  test("the run that makes it due may fail: the fold is made all the same", async () => {
    let isDown = false;
    const models = await twoModels(undefined, (request, call) => {
      if (isDown) throw new Error("down");
      return lookThenAnswer(request, call);
    });
    const its = backgroundAgent(models, { trigger: ({ userEvents }) => userEvents >= 4 });
    await askTurns(its, 3);
    await its.filter.middleware.flush();
    isDown = true;
    await expect(its.ask("Question 3")).rejects.toThrow();
    await its.filter.middleware.flush();
    expect(models.written()).toHaveLength(1);
    isDown = false;
    await its.ask("Question 4");
    expect(shownIn(models.asked().at(-1)).summaries).toEqual(["SUMMARY 1"]);
  });
});

describe("a run that is streamed", () => {
  async function streaming(mode: "messages" | "custom" | "updates") {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models, { limit: false }, { more: { name: "anna" } });
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    const stream = async (text: string, meanwhile: () => unknown = () => {}) => {
      const pieces: unknown[] = [];
      const streamed = await its.agent.stream(asking(text), { ...its.config, streamMode: mode } as never);
      for await (const piece of streamed) {
        if (pieces.length === 0) await meanwhile();
        pieces.push(piece);
      }
      return pieces;
    };
    /** Lets the summary be written. */
    const write = async (): Promise<void> => {
      held.open();
      await until(() => its.filter.of("summarized").length === 1);
      await settled();
    };
    return { stream, write, its };
  }

  test("messages: no token of a summary that is written meanwhile", async () => {
    const { stream, write } = await streaming("messages");
    for (const pieces of [await stream("Question 3", write), await stream("Question 4")]) {
      const text = (pieces as [AIMessageChunk, unknown][]).map(([chunk]) => chunk.text).join("");
      expect(text).toContain("waits at gate 7");
      expect(text).not.toContain("SUMMARY");
    }
  });

  test("updates: the steps and nothing else", async () => {
    const { stream, write } = await streaming("updates");
    const pieces = await stream("Question 3", write);
    const steps = pieces.map((piece) => Object.keys(piece as object)[0]);
    expect(steps).toEqual(["model_request", "tools", "model_request"]);
  });

  test("custom: the run that first uses a summary is told of it, once", async () => {
    const { stream, write, its } = await streaming("custom");
    await write();
    const told = (await stream("Question 3")) as FoldEvent[];
    const { summary } = its.filter.of("summarized")[0] ?? {};
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      type: "sessionfold",
      kind: "summarized",
      filter: "sessionfold",
      agent: "anna",
    });
    expect(told[0]?.summaryId).toBe(summary?.id);
    expect(JSON.stringify(told)).not.toContain("Question");
    expect(await stream("Question 4")).toEqual([]);
  });
});

test("custom: a long run is told of each of its folds once, when it uses it", async () => {
  const models = await twoModels(undefined, (_, call) =>
    call < 30 ? { toolCalls: [{ name: "look", args: { parcel: call } }] } : "Done.",
  );
  const its = backgroundAgent(models, { keep: { events: 4, align: "round" }, limit: false });
  const told: FoldEvent[] = [];
  const config = { ...its.config, recursionLimit: 200, streamMode: "custom" };
  for await (const piece of await its.agent.stream(asking("Look up thirty parcels"), config as never))
    told.push(piece as FoldEvent);
  const used = models.asked().flatMap((request) => shownIn(request).summaries);
  expect(told.length).toBe(new Set(used).size);
  expect(new Set(told.map(({ summaryId }) => summaryId)).size).toBe(told.length);
  expect(told.length).toBeGreaterThan(1);
});

test("a run that waits for approval folds meanwhile, and goes on with its call", async () => {
  const approval = humanInTheLoopMiddleware({ interruptOn: { look: true } } as never) as AgentMiddleware;
  const models = await twoModels();
  const filter = backgroundFilter(models);
  const its = parcelAgent(models.server, {
    middleware: [approval, filter.middleware],
    checkpointer: new MemorySaver(),
  });
  for (let turn = 0; turn < 7; turn++) {
    await its.agent.invoke(asking(`Question ${turn}`), its.config);
    await filter.middleware.flush();
    const resume = { decisions: [turn % 2 === 0 ? { type: "approve" } : { type: "reject", message: "No." }] };
    await its.agent.invoke(new Command({ resume }) as never, its.config);
    await filter.middleware.flush();
  }
  expect(filter.of("summarized").length).toBeGreaterThan(1);
  expect(models.server.refused).toEqual([]);
  expect(carriers(await its.messages()).length).toBeGreaterThan(1);
  for (const { messages } of models.asked())
    expect(messages.map(({ content }) => content).join("\n")).not.toContain("No result:");
});

test("cacheSafe: the request that made it due is asked again, without the questions that came after", async () => {
  const isInstruction = ({ messages }: CompletionRequest): boolean =>
    messages.at(-1)?.content.includes("about to leave your context") === true;
  const { writer, held } = heldWriter();
  const models = await twoModels(undefined, (request, call) =>
    isInstruction(request) ? writer(request, 0) : lookThenAnswer(request, call),
  );
  const its = backgroundAgent(models, { cacheSafe: true, limit: false });
  await askTurns(its, 3);
  const instructions = () => models.asked().filter(isInstruction);
  await until(() => instructions().length === 1);
  const before = models.asked().filter((request) => !isInstruction(request))[5];
  await its.ask("Question 3");
  held.open();
  await its.filter.middleware.flush();
  await its.ask("Question 4");
  const [asked] = instructions();
  const prefix = asked?.messages.slice(0, -1) ?? [];
  expect(asked?.tools).toEqual(before?.tools);
  expect(prefix).toEqual(before?.messages.slice(0, prefix.length));
  // The system prompt and two turns; the third one is kept.
  expect(prefix).toHaveLength(1 + 8);
  expect(shownIn(models.asked().at(-1)).summaries).toEqual(["SUMMARY 1"]);
});
