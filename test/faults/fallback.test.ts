import { extractive, SessionSummarizer, type SessionSummarizerOptions } from "@sessionfold/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { summarized, turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { modelSession, playing } from "../support/model-session.ts";
import { failure, skippedBecause } from "../support/outcomes.ts";
import { KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const force = { force: true } as const;

afterEach(() => {
  vi.useRealTimers();
});

/** Models A, B and C behind one server, each with its script. */
async function chain(scripts: Readonly<Record<"A" | "B" | "C", play.Answer>>) {
  const { A, B, C } = scripts;
  const server = await playing(play.byModel({ A: [A], B: [B], C: [C] }));
  const [first, second, third] = ["A", "B", "C"].map((model) => server.chat({ model }));
  if (first === undefined || second === undefined || third === undefined) throw new Error("No models");
  return { server, asked: () => server.requests.map(({ model }) => model), first, second, third };
}

describe("asks in turn", () => {
  test.each<[string, Readonly<Record<"A" | "B" | "C", play.Answer>>, string]>([
    ["nobody else when the first writes", { A: "By A.", B: "By B.", C: "By C." }, "A"],
    ["the second when the first fails", { A: play.unauthorized(), B: "By B.", C: "By C." }, "AB"],
    ["the third when both do", { A: play.modelNotFound(), B: "", C: "By C." }, "ABC"],
    ["also after answers that are no summary", { A: play.huge(5000), B: play.refusal(), C: "By C." }, "ABC"],
  ])("%s, and the summary tells who wrote", async (_, scripts, order) => {
    const { asked, first, second, third } = await chain(scripts);
    const { sessions } = await modelSession({ model: first, fallback: [second, third], retry: false });
    const { summary } = summarized(await sessions.summarize(KEY, force));
    expect(asked().join("")).toBe(order);
    const writer = order.at(-1);
    expect(summary.text).toBe(`By ${writer}.`);
    expect(summary.model).toBe(writer);
    expect(summary.metadata.summarizer).toBe("chat-model");
    expect(await sessions.getSummary(KEY)).toMatchObject({ model: writer, metadata: summary.metadata });
  });

  test("down to the one that needs no model", async () => {
    const { asked, first, second } = await chain({ A: play.overloaded(), B: play.badRequest(), C: "" });
    const options = { model: first, fallback: [second, extractive()], retry: { delaysMs: [0] } };
    const { sessions } = await modelSession(options);
    const { summary } = summarized(await sessions.summarize(KEY, force));
    // What may pass is asked again before the next one is.
    expect(asked()).toEqual(["A", "A", "B"]);
    expect(summary.model).toBeNull();
    expect(summary.usage).toBeNull();
    expect(summary.metadata.summarizer).toBe("extractive");
    expect(summary.text).toContain("question");
  });

  test("a summarizer that does not say who wrote has its own model told, and its own name", async () => {
    const first = { ...stubSummarizer(() => ""), name: "first", model: "m1" };
    const second = { ...stubSummarizer("By the second."), name: "second", model: "m2" };
    const { sessions } = await modelSession({ summarizer: first, fallback: second });
    expect(summarized(await sessions.summarize(KEY, force)).summary).toMatchObject({
      model: "m2",
      metadata: { summarizer: "second" },
    });
  });

  test("each with its own prompts and parts", async () => {
    const { server, first, second } = await chain({ A: play.badRequest(), B: "By B.", C: "" });
    const { sessions } = await modelSession({
      model: first,
      fallback: second,
      prompt: "Fold this: {conversation_text}",
    });
    summarized(await sessions.summarize(KEY, force));
    expect(server.said("user", 0)).toContain("Fold this: user: question 0");
    expect(server.said("user", 1)).toBe(server.said("user", 0));
  });
});

describe("when all fail", () => {
  test("the cause holds the errors in their order, and the message none of their words", async () => {
    const scripts = { A: play.unauthorized(), B: play.badRequest("Bad: the secret"), C: "" };
    const { asked, first, second, third } = await chain(scripts);
    const { sessions, expectUntouched } = await modelSession({ model: first, fallback: [second, third] });
    const error = failure(await sessions.summarize(KEY, force));
    expect(error).toMatchObject({ code: "summarizer-failed", transient: false });
    expect(error.message).not.toContain("secret");
    expect(error.cause).toBeInstanceOf(AggregateError);
    const { errors } = error.cause as AggregateError;
    expect(errors).toMatchObject([{ status: 401 }, { status: 400 }, { code: "empty-summary" }]);
    expect(asked()).toEqual(["A", "B", "C"]);
    await expectUntouched();
  });

  test("it may pass when one of the failures may", async () => {
    for (const [A, B] of [
      [play.overloaded(), play.badRequest()],
      [play.badRequest(), play.cut()],
    ] as const) {
      const { first, second } = await chain({ A, B, C: "" });
      const { sessions } = await modelSession({ model: first, fallback: second, retry: false });
      expect(failure(await sessions.summarize(KEY, force))).toMatchObject({ transient: true });
    }
  });

  test("without a fallback the cause is the error itself", async () => {
    const { first } = await chain({ A: play.unauthorized(), B: "", C: "" });
    const { sessions } = await modelSession({ model: first, fallback: [] });
    expect(failure(await sessions.summarize(KEY, force)).cause).toMatchObject({ status: 401 });
  });
});

describe("the time", () => {
  const model = { name: "model", model: "m" } as const;
  const noModel = { name: "no model", model: null, readsEvents: true } as const;

  /** How many milliseconds each of these was given, when all of them hang. */
  async function given(
    members: readonly (typeof model | typeof noModel)[],
    timeoutMs: number | null,
  ): Promise<readonly number[]> {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const left: number[] = [];
    const stubs = members.map((kind) => ({
      ...stubSummarizer(({ timeLeft }) => {
        left.push(Math.round(timeLeft() ?? Number.POSITIVE_INFINITY));
        return new Promise<string>(() => {});
      }),
      ...kind,
    }));
    const [summarizer, ...fallback] = stubs;
    const options: SessionSummarizerOptions = { summarizer, fallback, keep: { turns: 1 }, timeoutMs };
    const outcome = new SessionSummarizer(options).summarizeEvents(turns(4), force);
    await vi.advanceTimersByTimeAsync(timeoutMs ?? 1e9);
    if (timeoutMs !== null) expect(failure(await outcome).code).toBe("timeout");
    return left;
  }

  test("is shared by those that are left, so that one that hangs leaves some to the next", async () => {
    expect(await given([model, model], 10_000)).toEqual([5000, 5000]);
    expect(await given([model, model, model], 9000)).toEqual([3000, 3000, 3000]);
    // A summarizer without a model needs a moment.
    expect(await given([model, noModel], 10_000)).toEqual([9000, 1000]);
    expect(await given([model, model, noModel], 19_000)).toEqual([9000, 9000, 1000]);
    expect(await given([model], 10_000)).toEqual([10_000]);
  });

  test("without a limit has no end for the first, which has all of it", async () => {
    expect(await given([model, model], null)).toEqual([Number.POSITIVE_INFINITY]);
  });

  test("that a first one did not use is the others'", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    let left: number | null = 0;
    const summarizer = stubSummarizer(() => {
      throw new Error("at once");
    });
    const fallback = stubSummarizer(({ timeLeft }) => {
      left = timeLeft();
      return "SUM";
    });
    const sut = new SessionSummarizer({ summarizer, fallback, keep: { turns: 1 }, timeoutMs: 10_000 });
    summarized(await sut.summarizeEvents(turns(4), force));
    expect(left).toBe(10_000);
  });
});

test("a first one that is left alone goes straight to the next, and counts for nothing when all fail", async () => {
  const scripts = { A: play.badRequest(), B: "By B.", C: "" };
  const { asked, server, first, second } = await chain(scripts);
  const options = { model: first, fallback: second, breaker: { failures: 2 }, keep: { turns: 1 } };
  const sut = new SessionSummarizer(options);
  const writers = [];
  for (let call = 0; call < 4; call++)
    writers.push(summarized(await sut.summarizeEvents(turns(4), force)).summary.model);
  expect(writers).toEqual(["B", "B", "B", "B"]);
  expect(asked().join("")).toBe("ABABBB");

  // The one that was asked says why.
  const failing = new SessionSummarizer({ ...options, fallback: server.chat({ model: "C" }) });
  const causes = [];
  for (let call = 0; call < 2; call++)
    causes.push(failure(await failing.summarizeEvents(turns(4), force)).cause);
  expect(causes.every((cause) => cause instanceof AggregateError)).toBe(true);
  expect(skippedBecause(await failing.summarizeEvents(turns(4), force))).toBe("breaker-open");
});
