import { AIMessage, HumanMessage, RemoveMessage } from "@langchain/core/messages";
import { REMOVE_ALL_MESSAGES } from "@langchain/langgraph";
import { createMiddleware } from "langchain";
import { describe, expect, test } from "vitest";
import { until } from "../background/support.ts";
import { parcelAgent } from "../support/parcel-agent.ts";
import {
  askTurns,
  backgroundAgent,
  backgroundFilter,
  carriers,
  heldWriter,
  shownIn,
  twoModels,
} from "./background-agent.ts";

describe("a fold in the background", () => {
  test("no turn waits for it; the next call uses it and carries its record", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models);
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    // The turn is over and the summary is not written.
    expect(carriers(await its.messages())).toEqual([]);
    held.open();
    await its.filter.middleware.flush();
    expect(carriers(await its.messages())).toEqual([]);
    const messages = await its.ask("Question 3");
    expect(models.asked().map((request) => shownIn(request).size)).toEqual([1, 3, 5, 7, 9, 11, 6, 8]);
    expect(shownIn(models.asked().at(-2)).summaries).toEqual(["SUMMARY 1"]);
    expect(messages).toHaveLength(16);
    expect(carriers(messages)).toEqual([13]);
    expect(its.filter.of("summarized")).toHaveLength(1);
    expect(models.server.refused).toEqual([]);
  });

  test("INP-01 what is said meanwhile starts no second fold, is not covered, and stays", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models, { limit: false });
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    await askTurns(its, 2, 3);
    expect(shownIn(models.asked().at(-1))).toEqual({ size: 19, summaries: [] });
    expect(models.written()).toHaveLength(1);
    held.open();
    await its.filter.middleware.flush();
    await its.ask("Question 5");
    const [first, second] = its.filter.of("summarized").map(({ summary }) => summary);
    expect(first?.coverage.direct).toHaveLength(8);
    // What came meanwhile made it due again, so another fold followed, which read the rest.
    expect(second?.coverage.direct).toHaveLength(8);
    const sent = JSON.stringify(models.asked().at(-1)?.messages);
    expect([0, 1, 2, 3, 4, 5].filter((turn) => sent.includes(`Question ${turn}`))).toEqual([4, 5]);
    expect(shownIn(models.asked().at(-1)).summaries).toEqual(["SUMMARY 2"]);
    expect(models.server.refused).toEqual([]);
  });

  test("a new process that finds no record folds once more, and reads it off the messages from then on", async () => {
    const models = await twoModels();
    const first = backgroundAgent(models);
    await askTurns(first, 3);
    await first.filter.middleware.flush();
    const { checkpointer } = first;
    const second = backgroundAgent(models, {}, { checkpointer });
    await second.ask("Question 3");
    expect(shownIn(models.asked().at(-1)).summaries).toEqual([]);
    await second.filter.middleware.flush();
    await second.ask("Question 4");
    expect(shownIn(models.asked().at(-1)).summaries).toEqual(["SUMMARY 2"]);
    expect(models.written()).toHaveLength(2);
    const third = backgroundAgent(models, {}, { checkpointer });
    await third.ask("Question 5");
    await third.filter.middleware.flush();
    expect(shownIn(models.asked().at(-1)).summaries).toEqual(["SUMMARY 2"]);
  });

  test("a long run folds beside itself", async () => {
    const models = await twoModels(undefined, ({ messages }, call) =>
      call < 40 ? { toolCalls: [{ name: "look", args: { parcel: call } }] } : `Done: ${messages.length}`,
    );
    const its = backgroundAgent(models, { keep: { events: 4, align: "round" }, limit: false });
    const input = { messages: [{ role: "user", content: "Look up forty parcels" }] };
    await its.agent.invoke(input, { ...its.config, recursionLimit: 200 });
    await its.filter.middleware.flush();
    expect(its.filter.of("summarized").length).toBeGreaterThan(1);
    for (const { messages } of models.asked())
      expect(messages.filter(({ content }) => content === "Look up forty parcels")).toHaveLength(1);
    expect(models.server.refused).toEqual([]);
  });

  test("a conversation that has left the memory takes its summary up all the same", async () => {
    const models = await twoModels();
    const filter = backgroundFilter(models, { maxCachedThreads: 1 });
    const threads = ["anna", "bert", "cleo"].map((thread) =>
      parcelAgent(models.server, { middleware: [filter.middleware], thread }),
    );
    for (let turn = 0; turn < 4; turn++) {
      for (const { ask } of threads) await ask(`Question ${turn}`);
      await filter.middleware.flush();
    }
    expect(models.written()).toHaveLength(3);
    for (const request of models.asked().slice(-6)) expect(shownIn(request).summaries).toHaveLength(1);
  });

  test("an answer that another middleware throws away takes no summary with it", async () => {
    const models = await twoModels();
    const filter = backgroundFilter(models);
    const again = createMiddleware({
      name: "again",
      wrapModelCall: async (request, handler) => {
        await handler(request);
        return handler(request);
      },
    });
    const its = parcelAgent(models.server, { middleware: [again, filter.middleware] });
    for (let turn = 0; turn < 4; turn++) {
      await its.ask(`Question ${turn}`);
      await filter.middleware.flush();
    }
    expect(models.written()).toHaveLength(1);
    expect(carriers(await its.messages()).length).toBeGreaterThan(0);
    expect(models.server.refused).toEqual([]);
  });
});

describe("a history that changes while the fold runs", () => {
  test("an edited message: the summary of what it was is not used, and another one is written", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models);
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    const [first] = await its.messages();
    const edited = new HumanMessage({ id: first?.id ?? "", content: "Edited question" });
    await its.agent.graph.updateState(its.config, { messages: [edited] }, "model_request");
    held.open();
    await its.filter.middleware.flush();
    await its.ask("Question 3");
    await its.filter.middleware.flush();
    for (const request of models.asked()) expect(shownIn(request).summaries).toEqual([]);
    expect(models.written()).toHaveLength(2);
    expect(JSON.stringify(models.written()[1]?.messages)).toContain("Edited question");
    await its.ask("Question 4");
    expect(shownIn(models.asked().at(-1)).summaries).toEqual(["SUMMARY 2"]);
  });

  test("INP-09 other messages, as many of them: a summary of the former is not applied", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models, { limit: false });
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    const others = (await its.messages()).map((_, at) =>
      at % 2 === 0 ? new HumanMessage(`Other ${at}`) : new AIMessage(`Reply ${at}`),
    );
    const update = { messages: [new RemoveMessage({ id: REMOVE_ALL_MESSAGES }), ...others] };
    await its.agent.graph.updateState(its.config, update, "model_request");
    held.open();
    await its.filter.middleware.flush();
    await its.ask("And now?");
    expect(shownIn(models.asked().at(-2))).toEqual({ size: 13, summaries: [] });
    await its.filter.middleware.flush();
    expect(JSON.stringify(models.written().at(-1)?.messages)).not.toContain("Question 0");
  });

  test("a fork that keeps what is covered has the summary, and pays for none", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models, { limit: false });
    await askTurns(its, 3);
    const { config: at } = await its.agent.graph.getState(its.config);
    await until(() => models.written().length === 1);
    await its.ask("One way");
    const fork = await its.agent.graph.updateState(at, {}, "model_request");
    held.open();
    await its.filter.middleware.flush();
    await its.agent.invoke({ messages: [{ role: "user", content: "Another way" }] }, fork as never);
    expect(shownIn(models.asked().at(-1)).summaries).toEqual(["SUMMARY 1"]);
    expect(models.written()).toHaveLength(1);
    expect(JSON.stringify(models.asked().at(-1)?.messages)).not.toContain("One way");
  });

  test("one thread in two runs at once pays once", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models, { limit: false });
    await askTurns(its, 2);
    const { config: at } = await its.agent.graph.getState(its.config);
    const asking = (text: string) =>
      its.agent.invoke({ messages: [{ role: "user", content: text }] }, at as never);
    await Promise.all([asking("Left"), asking("Right")]);
    await until(() => models.written().length === 1);
    held.open();
    await its.filter.middleware.flush();
    expect(models.written()).toHaveLength(1);
    expect(its.filter.of("summarized")).toHaveLength(1);
    await Promise.all([asking("Left again"), asking("Right again")]);
    expect(models.written()).toHaveLength(1);
  });
});
