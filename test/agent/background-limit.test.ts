import { eventCountThreshold, type Summarizer } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { gate, settled, until } from "../background/support.ts";
import { contextLengthExceeded } from "../support/model-server.ts";
import { lookThenAnswer, parcelAgent } from "../support/parcel-agent.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import {
  askTurns,
  backgroundAgent,
  backgroundFilter,
  heldWriter,
  shownIn,
  twoModels,
} from "./background-agent.ts";

describe("past the hard limit", () => {
  const limit = eventCountThreshold(13);

  test("a call waits for the fold that is under way, and sends the folded window", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models, { limit });
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    const asking = its.ask("Question 3");
    await settled();
    expect(models.asked()).toHaveLength(6);
    held.open();
    await asking;
    expect(shownIn(models.asked()[6])).toEqual({ size: 6, summaries: ["SUMMARY 1"] });
    expect(models.written()).toHaveLength(1);
  });

  test("the run that waited is told of the fold", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer, (_, call) => `Answer ${call}`);
    const its = backgroundAgent(models, { limit });
    await askTurns(its, 6);
    await until(() => models.written().length === 1);
    const input = { messages: [{ role: "user", content: "Question 6" }] };
    const streaming = its.agent.stream(input, { ...its.config, streamMode: "custom" } as never);
    held.open();
    const told: unknown[] = [];
    for await (const piece of await streaming) told.push(piece);
    expect(told).toMatchObject([{ summaryId: its.filter.of("summarized")[0]?.summary.id }]);
  });

  test("a process that comes new to such a thread folds before it asks", async () => {
    const models = await twoModels();
    const { checkpointer, ...plain } = backgroundAgent(models, { enabled: false });
    await askTurns(plain, 5);
    const its = backgroundAgent(models, { limit }, { checkpointer });
    await its.ask("Question 5");
    expect(shownIn(models.asked().at(-2)).summaries).toEqual(["SUMMARY 1"]);
  });

  test("it waits so long and no longer; then the messages go out as they are", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models, { limit, limitWaitMs: 20 });
    await askTurns(its, 5);
    expect(models.asked().map((request) => shownIn(request).size)).toEqual([
      1, 3, 5, 7, 9, 11, 13, 15, 17, 19,
    ]);
    expect(models.written()).toHaveLength(1);
    held.open();
    await its.filter.middleware.flush();
    await its.ask("Question 5");
    expect(shownIn(models.asked().at(-1)).summaries).toHaveLength(1);
  });

  test("a model that fails holds nobody up: what cannot be folded is sent as it is", async () => {
    const models = await twoModels(() => contextLengthExceeded());
    const its = backgroundAgent(models, { limit });
    await askTurns(its, 5);
    expect(shownIn(models.asked().at(-1)).size).toBe(19);
    expect(its.filter.of("failed").length).toBeGreaterThan(0);
  });

  test("by default that is at twice the trigger", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models);
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    await askTurns(its, 3, 3);
    expect(shownIn(models.asked().at(-1)).size).toBe(23);
    const asking = its.ask("Question 6");
    await settled();
    expect(models.asked()).toHaveLength(12);
    held.open();
    await asking;
    expect(shownIn(models.asked()[12])).toEqual({ size: 18, summaries: ["SUMMARY 1"] });
  });

  test("without a limit no call waits", async () => {
    const { writer } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models, { limit: false });
    await askTurns(its, 8);
    expect(shownIn(models.asked().at(-1)).size).toBe(31);
  });

  test("a limit that fails is warned of, and makes nobody wait", async () => {
    const { writer } = heldWriter();
    const models = await twoModels(writer);
    const warnings: string[] = [];
    const its = backgroundAgent(models, {
      limit: () => {
        throw new Error("secret");
      },
      logger: { warn: (message) => warnings.push(message) },
    });
    await askTurns(its, 4);
    expect(warnings[0]).toContain("the limit could not be evaluated");
    expect(warnings.join()).not.toContain("secret");
  });

  test("an aborted run waits no more, and the fold goes on", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const its = backgroundAgent(models, { limit });
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    const controller = new AbortController();
    const input = { messages: [{ role: "user", content: "Question 3" }] };
    const asking = its.agent.invoke(input, { ...its.config, signal: controller.signal });
    await settled();
    controller.abort();
    await expect(asking).rejects.toThrow();
    held.open();
    await its.filter.middleware.flush();
    expect(its.filter.of("summarized")).toHaveLength(1);
    await its.ask("Question 4");
    expect(shownIn(models.asked().at(-1)).summaries).toEqual(["SUMMARY 1"]);
    expect(models.written()).toHaveLength(1);
  });
});

test("within a fold nobody waits: a summarizer may run an agent with the same filter", async () => {
  const models = await twoModels();
  const { opened, open } = gate();
  const inner: Summarizer = stubSummarizer(async () => {
    await askTurns(parcel("inner"), 7);
    open();
    return "SUMMARY 1";
  });
  const filter = backgroundFilter(models, {
    summarizer: inner,
    limit: eventCountThreshold(13),
    maxConcurrentFolds: 1,
  });
  const parcel = (thread: string) => parcelAgent(models.server, { middleware: [filter.middleware], thread });
  const outer = parcel("outer");
  await askTurns(outer, 3);
  await opened;
  await filter.middleware.close({ drainMs: 0 });
  await outer.ask("Question 3");
  expect(models.asked().some((request) => shownIn(request).size > 24)).toBe(true);
});

describe("a request that is too long for the agent's model", () => {
  const fitting = (most: number) => (request: Parameters<typeof lookThenAnswer>[0], call: number) =>
    shownIn(request).size > most ? contextLengthExceeded() : lookThenAnswer(request, call);

  test("waits for the fold under way, then is folded harder and sent once more", async () => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer, fitting(12));
    const its = backgroundAgent(models, { limit: false });
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    const asking = its.ask("Question 3");
    await until(() => models.asked().length === 7);
    await settled();
    expect(models.written()).toHaveLength(1);
    expect(models.asked()).toHaveLength(7);
    held.open();
    await asking;
    expect(models.server.maxConcurrent).toBe(1 + 1);
    expect(its.filter.of("summarized").map(({ summary }) => summary.trigger)).toContain("force");
    expect(models.server.refused).toEqual([]);
  });

  test("gets the provider's own error where that fold does not end in time", async () => {
    const { writer } = heldWriter();
    const models = await twoModels(writer, fitting(12));
    const its = backgroundAgent(models, { limit: false, limitWaitMs: 20 });
    await askTurns(its, 3);
    await until(() => models.written().length === 1);
    await expect(its.ask("Question 3")).rejects.toThrow(/maximum context length/);
    expect(models.written()).toHaveLength(1);
  });
});
