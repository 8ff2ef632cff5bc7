import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { approximateCounter, eventCountThreshold, tokenThreshold } from "@sessionfold/core";
import { createMiddleware } from "langchain";
import { describe, expect, test } from "vitest";
import { contextLengthExceeded, promptTooLong, serverError } from "../support/model-server.ts";
import {
  lookThenAnswer,
  parcelAgent,
  serving,
  sizes,
  summariesIn,
  watchedFilter,
} from "../support/parcel-agent.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const policy = { trigger: eventCountThreshold(12), keep: { turns: 1 } } as const;

describe("a summarizer that fails never fails the agent", () => {
  test.each([
    ["throws", () => Promise.reject(new Error("down"))],
    ["answers nothing", () => ""],
    ["never answers", () => new Promise<string>(() => {})],
  ] satisfies readonly (readonly [string, () => string | Promise<string>])[])(
    "AGF-06 it %s: the messages go out unchanged, in order",
    async (_, answer) => {
      const server = await serving();
      const filter = watchedFilter({
        ...policy,
        summarizer: stubSummarizer(answer),
        retry: false,
        timeoutMs: 20,
      });
      const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
      for (let turn = 0; turn < 3; turn++) await ask(`Question ${turn}`);
      const messages = await ask("Question 3");
      expect(filter.of("failed").length).toBeGreaterThan(0);
      expect(sizes(server)).toEqual([1, 3, 5, 7, 9, 11, 13, 15]);
      const sent = server.requests.at(-1)?.messages.filter(({ role }) => role !== "system") ?? [];
      expect(sent.map(({ content }) => content)).toEqual(messages.slice(0, -1).map(({ text }) => text));
      expect(messages.every(({ response_metadata }) => response_metadata.sessionfold === undefined)).toBe(
        true,
      );
    },
  );

  test("an outcome that cannot be told is logged, and changes nothing", async () => {
    const server = await serving();
    const warnings: string[] = [];
    const filter = watchedFilter({
      ...policy,
      logger: { warn: (message) => warnings.push(message) },
      onOutcome: () => {
        throw new Error("secret");
      },
    });
    await parcelAgent(server, { middleware: [filter.middleware] }).ask("Question");
    expect(warnings[0]).toBe("sessionfold: onOutcome failed for the filter sessionfold");
  });
});

test("AGF-04 one short message is not worth a call; two are", async () => {
  const server = await serving(["Hello."]);
  const always = { trigger: eventCountThreshold(1), keep: { turns: 0 } } as const;
  const filter = watchedFilter(always);
  const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
  await ask("Hi");
  expect(filter.summarizer.requests).toEqual([]);
  const eager = watchedFilter({ ...always, minEvents: 1, minGain: 0 });
  const one = parcelAgent(server, { middleware: [eager.middleware], thread: "other" });
  await one.agent.invoke(
    {
      messages: [
        new AIMessage("Welcome to the parcel desk, what can I do for you today?"),
        new HumanMessage("Hi"),
      ],
    },
    one.config,
  );
  expect(eager.summarizer.requests).toHaveLength(1);
});

test("AGF-07 4 kept of 14 events are 4 kept", async () => {
  const server = await serving(["A fairly long answer about parcels and gates, and what waits where."]);
  const filter = watchedFilter({ trigger: eventCountThreshold(15), keep: { events: 4, align: "round" } });
  const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
  for (let turn = 0; turn < 7; turn++) await ask(`Question ${turn}`);
  expect(filter.summarizer.requests).toEqual([]);
  await ask("Question 7");
  expect(sizes(server).at(-1)).toBe(1 + 4);
});

describe("a main call that fails", () => {
  test("the summary is paid for once: the next attempt uses it, and then it is kept", async () => {
    let down = false;
    const server = await serving((request, call) => (down ? serverError() : lookThenAnswer(request, call)));
    const filter = watchedFilter(policy);
    const { ask, messages, agent, config } = parcelAgent(server, { middleware: [filter.middleware] });
    for (let turn = 0; turn < 3; turn++) await ask(`Question ${turn}`);
    down = true;
    await expect(ask("Question 3")).rejects.toThrow();
    expect(filter.of("summarized")).toHaveLength(1);
    down = false;
    await agent.invoke(null as never, config);
    expect(filter.of("summarized")).toHaveLength(1);
    expect(summariesIn(server)).toEqual(["SUMMARY 1"]);
    const stamped = (await messages()).filter(({ response_metadata }) => response_metadata.sessionfold);
    expect(stamped).toHaveLength(1);
  });

  test("an outer middleware that calls twice does not pay twice", async () => {
    const server = await serving();
    const filter = watchedFilter(policy);
    const twice = createMiddleware({
      name: "twice",
      wrapModelCall: async (request, handler) => {
        await handler(request);
        return handler(request);
      },
    });
    const { ask } = parcelAgent(server, { middleware: [twice, filter.middleware] });
    for (let turn = 0; turn < 4; turn++) await ask(`Question ${turn}`);
    expect(filter.of("summarized")).toHaveLength(1);
    expect(summariesIn(server, -1)).toEqual(["SUMMARY 1"]);
    expect(summariesIn(server, -3)).toEqual(["SUMMARY 1"]);
  });

  test("an outer middleware that asks twice at once does not pay twice", async () => {
    const server = await serving();
    const filter = watchedFilter(policy);
    const atOnce = createMiddleware({
      name: "at-once",
      wrapModelCall: async (request, handler) => (await Promise.all([handler(request), handler(request)]))[0],
    });
    const { ask } = parcelAgent(server, { middleware: [atOnce, filter.middleware] });
    for (let turn = 0; turn < 5; turn++) await ask(`Question ${turn}`);
    expect(filter.of("summarized")).toHaveLength(1);
    expect(server.refused).toEqual([]);
  });
});

describe("a request that is too long for the model", () => {
  const never = { trigger: tokenThreshold(1e9), keep: { turns: 1 } } as const;

  test("is folded harder and sent once more", async () => {
    const server = await serving(lookThenAnswer, { contextWindow: 1000, tokenCounter: approximateCounter() });
    const filter = watchedFilter(never);
    const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
    for (let turn = 0; turn < 12; turn++) await ask(`Question ${turn} ${"about a parcel ".repeat(20)}`);
    expect(filter.of("summarized").length).toBeGreaterThan(0);
    expect(filter.of("summarized")[0]?.summary.trigger).toBe("force");
    expect(server.refused).toEqual([]);
  });

  test.each([
    ["OpenAI's", contextLengthExceeded],
    ["Anthropic's", promptTooLong],
  ])("where nothing can be folded, the caller gets %s own error", async (_, overflow) => {
    const server = await serving([overflow()]);
    const filter = watchedFilter(never);
    const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
    await expect(ask("Question")).rejects.toThrow(/maximum|too long|context/i);
    expect(server.requests).toHaveLength(1);
  });

  test("other errors are not answered with a fold", async () => {
    const server = await serving([serverError()]);
    const filter = watchedFilter(never);
    const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
    await expect(ask("Question")).rejects.toThrow();
    expect(filter.summarizer.requests).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });
});
