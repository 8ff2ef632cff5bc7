import { AsyncLocalStorage } from "node:async_hooks";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { BaseMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { conversationThreshold, withSummaries } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { failure } from "../support/outcomes.ts";
import { KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { appendTurns, type BackgroundSession, gate, inBackground, settled, until } from "./support.ts";

/** The caller's own context: who is asking. */
const caller = new AsyncLocalStorage<string>();

/** Everything that a call of the model could have of its caller. */
class ContextModel extends FakeListChatModel {
  readonly seen: { caller: unknown; config: unknown; parent: unknown }[] = [];

  constructor() {
    super({ responses: ["SUM"] });
  }

  override _generate(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    manager?: CallbackManagerForLLMRun,
  ) {
    const config = AsyncLocalStorageProviderSingleton.getRunnableConfig();
    this.seen.push({ caller: caller.getStore(), config, parent: manager?.parentRunId });
    return super._generate(messages, options, manager);
  }
}

/** Writes down the runs it is told of. */
class Handler extends BaseCallbackHandler {
  readonly name = "test";
  readonly models: string[] = [];
  readonly chains: string[] = [];

  override handleChatModelStart(_model: unknown, _messages: BaseMessage[][], runId: string): void {
    this.models.push(runId);
  }

  override handleChainStart(_chain: unknown, _inputs: unknown, runId: string): void {
    this.chains.push(runId);
  }
}

const NOTHING = { caller: undefined, config: undefined, parent: undefined };

describe("a fold in the background has nothing of the append that made it due", () => {
  const places: Readonly<Record<string, (work: () => Promise<void>, handler: Handler) => Promise<unknown>>> =
    {
      "an AsyncLocalStorage": (work) => caller.run("ada", work),
      "a runnable with callbacks": (work, handler) =>
        caller.run("ada", () => RunnableLambda.from(work).invoke(null, { callbacks: [handler] })),
      "a node of a graph": (work, handler) =>
        caller.run("ada", () =>
          new StateGraph(MessagesAnnotation)
            .addNode("work", async () => {
              await work();
              return {};
            })
            .addEdge(START, "work")
            .compile()
            .invoke({ messages: [] }, { callbacks: [handler] }),
        ),
    };

  test.each(Object.keys(places))("appended within %s", async (place) => {
    const model = new ContextModel();
    const handler = new Handler();
    const its = await inBackground({ model });
    await places[place]?.(() => appendTurns(its, 3), handler);
    await its.sessions.flush();
    expect(model.seen).toEqual([NOTHING]);
    expect(handler.models).toEqual([]);
    expect(handler.chains.length > 0).toBe(place !== "an AsyncLocalStorage");
  });

  test.each(Object.keys(places))("nor of where the service was made, within %s", async (place) => {
    const model = new ContextModel();
    const handler = new Handler();
    let its: BackgroundSession | undefined;
    await places[place]?.(async () => {
      its = await inBackground({ model });
      await appendTurns(its, 3);
    }, handler);
    await its?.sessions.flush();
    expect(model.seen).toEqual([NOTHING]);
    expect(handler.models).toEqual([]);
  });

  test.each(Object.keys(places))("nor has a fold that a read starts, within %s", async (place) => {
    const model = new ContextModel();
    const before = await inBackground({ mode: "manual" });
    await appendTurns(before, 6);
    const trigger = conversationThreshold(3);
    const sessions = withSummaries(before.inner, { model, trigger, keep: { turns: 1 } });
    await places[place]?.(async () => void (await sessions.getSession(KEY)), new Handler());
    await sessions.flush();
    expect(model.seen).toEqual([NOTHING]);
  });

  test("whereas inline it belongs to its caller", async () => {
    const model = new ContextModel();
    const handler = new Handler();
    const its = await inBackground({ model, mode: "inline" });
    await places["a runnable with callbacks"]?.(() => appendTurns(its, 3), handler);
    expect(model.seen.map((seen) => seen.caller)).toEqual(["ada"]);
    expect(handler.models).toHaveLength(1);
  });
});

describe("GOX-02: a fold in the background has a signal and a deadline of its own", () => {
  test("the caller's abort does not reach it", async () => {
    const { opened, open } = gate();
    const stub = stubSummarizer(async () => {
      await opened;
      return "SUM";
    });
    const its = await inBackground({ summarizer: stub });
    const controller = new AbortController();
    await RunnableLambda.from(() => appendTurns(its, 3)).invoke(null, { signal: controller.signal });
    await until(() => stub.requests.length === 1);
    const joined = its.sessions.summarize(KEY, { signal: controller.signal });
    await settled();
    controller.abort();
    expect(await joined).toMatchObject({ kind: "skipped", reason: "aborted" });
    expect(stub.requests[0]?.signal.aborted).toBe(false);
    open();
    await its.sessions.flush();
    expect(await its.window()).toEqual(["S", "e4", "e5"]);
  });

  test("its time limit ends it, and the next append that is due begins another", async () => {
    const { opened, open } = gate();
    const stub = stubSummarizer(async () => {
      if (stub.requests.length === 1) await opened;
      return "SUM";
    });
    const its = await inBackground({ summarizer: stub, timeoutMs: 30 });
    await appendTurns(its, 3);
    await its.sessions.flush();
    const ended = its.outcomes.filter(({ outcome }) => outcome.kind === "failed");
    expect(ended.map(({ outcome }) => failure(outcome).code)).toEqual(["timeout"]);
    expect(stub.requests[0]?.signal.aborted).toBe(true);
    await appendTurns(its, 1, 3);
    await its.sessions.flush();
    open();
    expect(await its.window()).toEqual(["S", "e6", "e7"]);
  });
});

describe("waitUntil", () => {
  test("is given a promise that ends when the fold is in, in the caller's context", async () => {
    const { opened, open } = gate();
    const stub = stubSummarizer(async () => {
      await opened;
      return "SUM";
    });
    const ends: { done: Promise<void>; caller: string | undefined }[] = [];
    const its = await inBackground({
      summarizer: stub,
      waitUntil: (done) => ends.push({ done, caller: caller.getStore() }),
    });
    await caller.run("ada", () => appendTurns(its, 3));
    await until(() => stub.requests.length === 1);
    let isOver = false;
    const all = Promise.all(ends.map(({ done }) => done)).then(() => {
      isOver = true;
    });
    await settled();
    expect(isOver).toBe(false);
    open();
    await all;
    expect(await its.window()).toEqual(["S", "e4", "e5"]);
    expect(new Set(ends.map((end) => end.caller))).toEqual(new Set(["ada"]));
  });

  test.each([
    ["rejects", () => Promise.reject(new Error("the user's secret"))],
    [
      "throws",
      () => {
        throw new Error("the user's secret");
      },
    ],
  ])("that %s breaks neither the append nor the fold", async (_, waitUntil) => {
    const its = await inBackground({ summarizer: stubSummarizer(), waitUntil });
    await appendTurns(its, 3);
    await its.sessions.flush();
    expect(await its.window()).toEqual(["S", "e4", "e5"]);
    expect(its.warnings.length).toBeGreaterThan(0);
    expect(its.warnings.join()).not.toContain("secret");
  });
});
