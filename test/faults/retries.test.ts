import { RunnableBinding } from "@langchain/core/runnables";
import { ChatOpenAI } from "@langchain/openai";
import { type RetryOptions, SessionSummarizer } from "@sessionfold/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { summarized, turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { modelSession, noSleep, playing } from "../support/model-session.ts";
import { failure } from "../support/outcomes.ts";
import { KEY } from "../support/sessions.ts";

const NOW = 1_800_000_000_000;
const force = { force: true } as const;

/** One fold by a model that answers so, and the waits between its calls. */
async function fold(script: play.ScriptLike, retry: RetryOptions = {}, timeoutMs: number | null = 120_000) {
  const server = await playing(script);
  const { slept, sleep } = noSleep();
  const { sessions, expectUntouched } = await modelSession({
    model: server.chat(),
    retry: { jitter: 0, sleep, ...retry },
    timeoutMs,
  });
  const outcome = await sessions.summarize(KEY, force);
  if (outcome.kind !== "summarized") await expectUntouched();
  return { server, slept, outcome };
}

describe("asks again only for what may pass", () => {
  test.each<[string, play.Answer]>([
    ["400", play.badRequest()],
    ["401", play.unauthorized()],
    ["403", play.httpError(403, { message: "Country not supported" })],
    ["404", play.modelNotFound()],
    ["422", play.httpError(422, { message: "Unprocessable" })],
    ["429 out of quota", play.quotaExhausted()],
    ["no choices", play.noChoices()],
    ["an empty answer", ""],
    ["a refusal", "I'm sorry, but I can't help with that."],
    ["a summary longer than its source", play.huge(5000)],
  ])("%s: once", async (_, fault) => {
    const { server, slept, outcome } = await fold([fault, "Second."]);
    expect(failure(outcome)).toMatchObject({ transient: false });
    expect(server.requests).toHaveLength(1);
    expect(slept).toEqual([]);
  });

  test.each<[string, play.Answer]>([
    ["500", play.serverError()],
    ["502", play.badGateway()],
    ["503", play.overloaded()],
    ["504", play.httpError(504, { message: "Gateway time-out" })],
    ["529", play.httpError(529, { message: "Overloaded" })],
    ["408", play.httpError(408, { message: "Request time-out" })],
    ["409", play.httpError(409, { message: "Conflict" })],
    ["429", play.rateLimited()],
    ["a connection cut before the head", play.cut()],
    ["a connection cut amid the body", play.cutAmid()],
    ["half a body", play.truncatedJson()],
    ["a body that is no JSON", play.malformedJson()],
  ])("%s: again", async (_, fault) => {
    const { server, slept, outcome } = await fold([fault, "Second."]);
    expect(summarized(outcome).summary.text).toBe("Second.");
    expect(server.requests).toHaveLength(2);
    expect(slept).toEqual([1000]);
  });

  test("what may pass, then what will not: the latter ends it", async () => {
    const { server, slept, outcome } = await fold([play.overloaded(), play.unauthorized(), "Third."]);
    expect(failure(outcome)).toMatchObject({ transient: false, cause: { status: 401 } });
    expect(server.requests).toHaveLength(2);
    expect(slept).toEqual([1000]);
  });

  test("a port that nobody listens at: again, and the outcome says that it may pass", async () => {
    const server = await playing(["Never."]);
    const { slept, sleep } = noSleep();
    const model = server.chat();
    await server.close();
    const sut = new SessionSummarizer({ model, keep: { turns: 1 }, retry: { delaysMs: [1, 2], sleep } });
    const error = failure(await sut.summarizeEvents(turns(4), force));
    expect(error).toMatchObject({ code: "summarizer-failed", transient: true });
    expect(slept).toEqual([1, 2]);
  });

  test("a client's own time-out: again", async () => {
    const server = await playing([play.hang(), "Second."]);
    const { slept, sleep } = noSleep();
    const model = server.chat({ timeout: 300 });
    const { sessions } = await modelSession({ model, retry: { delaysMs: [5], sleep } });
    expect(summarized(await sessions.summarize(KEY, force)).summary.text).toBe("Second.");
    expect(slept).toEqual([5]);
  });
});

describe("waits", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each<[string, play.Fault, number]>([
    ["seconds", play.rateLimited({ retryAfter: 7 }), 7000],
    ["parts of a second", play.rateLimited({ retryAfter: 0.5 }), 500],
    ["milliseconds", play.rateLimited({ retryAfterMs: 1234 }), 1234],
    ["both, the finer one", play.rateLimited({ retryAfter: 2, retryAfterMs: 1234 }), 1234],
    ["a date", play.rateLimited({ retryAfter: new Date(NOW + 9000) }), 9000],
    ["seconds, of a 503", play.overloaded({ retryAfter: 3 }), 3000],
    ["the longest wait", play.rateLimited({ retryAfter: 30 }), 30_000],
  ])("exactly as long as the provider asks for: %s", async (_, fault, wait) => {
    for (const retry of [{}, { delaysMs: [42] }, { jitter: 1, random: () => 0.5 }]) {
      const { slept, outcome } = await fold([fault, "Second."], retry);
      expect(summarized(outcome).summary.text).toBe("Second.");
      expect(slept).toEqual([wait]);
    }
  });

  test("a wait that cannot be read is none of the provider's", async () => {
    const fault = play.httpError(429, { message: "Slow down" }, { "retry-after": "soon" });
    expect((await fold([fault, "Second."])).slept).toEqual([1000]);
  });

  test("a wait longer than the longest one gives up at once", async () => {
    for (const hint of [
      { retryAfter: 31 },
      { retryAfterMs: 30_001 },
      { retryAfter: new Date(NOW + 31_000) },
    ]) {
      const { server, slept, outcome } = await fold([play.rateLimited(hint), "Second."]);
      expect(failure(outcome)).toMatchObject({ transient: true, cause: { status: 429 } });
      expect(server.requests).toHaveLength(1);
      expect(slept).toEqual([]);
    }
    const patient = await fold([play.rateLimited({ retryAfter: 31 }), "Second."], { maxDelayMs: 31_000 });
    expect(patient.slept).toEqual([31_000]);
  });

  test("a wait beyond the deadline gives up at once, whoever asks for it", async () => {
    const faults: readonly (readonly [play.Fault, RetryOptions])[] = [
      [play.rateLimited({ retryAfter: 6 }), {}],
      [play.overloaded(), { firstDelayMs: 6000 }],
      [play.overloaded(), { delaysMs: [6000] }],
    ];
    for (const [fault, retry] of faults) {
      const { server, slept, outcome } = await fold([fault, "Second."], retry, 5000);
      // The provider's error, which says more than a time-out would.
      expect(failure(outcome)).toMatchObject({ code: "summarizer-failed", transient: true });
      expect(server.requests).toHaveLength(1);
      expect(slept).toEqual([]);
      const unlimited = await fold([fault, "Second."], retry, null);
      expect(unlimited.slept).toEqual([6000]);
    }
  });

  test.each<[string, RetryOptions, readonly number[]]>([
    ["doubles", {}, [1000, 2000, 4000]],
    ["up to the longest", { firstDelayMs: 10_000, maxDelayMs: 15_000 }, [10_000, 15_000, 15_000]],
    ["for as many calls as are asked for", { attempts: 6 }, [1000, 2000, 4000, 8000, 16_000]],
    ["not at all for one call", { attempts: 1 }, []],
    ["by a list, whose last wait is repeated", { delaysMs: [3, 5], attempts: 5 }, [3, 5, 5, 5]],
    ["full without chance", { jitter: 0.5, random: () => 0 }, [1000, 2000, 4000]],
    ["less by the jitter's share", { jitter: 0.5, random: () => 0.5 }, [750, 1500, 3000]],
    ["with all of it left to chance", { jitter: 1, random: () => 0.75 }, [250, 500, 1000]],
    ["by half at most unless told", { jitter: undefined, random: () => 0.999 }, [500.5, 1001, 2002]],
  ])("%s", async (_, retry, waits) => {
    const { server, slept, outcome } = await fold([play.overloaded()], retry);
    failure(outcome);
    expect(slept).toHaveLength(waits.length);
    for (const [at, wait] of waits.entries()) expect(slept[at]).toBeCloseTo(wait, 6);
    expect(server.requests).toHaveLength(waits.length + 1);
  });

  test("by the machine's chance within the jitter's bounds", async () => {
    const { slept } = await fold([play.overloaded()], { jitter: 0.5, attempts: 40, maxDelayMs: 1000 });
    expect(slept).toHaveLength(39);
    expect(Math.min(...slept)).toBeGreaterThan(500);
    expect(Math.max(...slept)).toBeLessThanOrEqual(1000);
    expect(new Set(slept).size).toBeGreaterThan(30);
  });
});

describe("the client's own retries", () => {
  const bare = (server: play.ModelServer, fields = {}) =>
    new ChatOpenAI({
      model: "gpt-4o-mini",
      apiKey: "none",
      configuration: { baseURL: server.baseURL },
      ...fields,
    });

  test("are off unless the owner set them, so that each call is one request", async () => {
    const server = await playing([play.overloaded()]);
    const { sleep } = noSleep();
    const models = [bare(server), bare(server, { streaming: true }), bare(server).withConfig({ seed: 5 })];
    for (const [at, model] of models.entries()) {
      for (const [retry, calls] of [
        [false, 1],
        [{ attempts: 3, sleep }, 3],
      ] as const) {
        const before = server.requests.length;
        const sut = new SessionSummarizer({ model, keep: { turns: 1 }, retry });
        failure(await sut.summarizeEvents(turns(4), force));
        expect(server.requests.length - before, `model ${at}`).toBe(calls);
      }
    }
  });

  test("are off within a binding, too, which keeps its options", async () => {
    const server = await playing([play.overloaded()]);
    const model = new RunnableBinding({
      bound: bare(server),
      kwargs: { seed: 7 },
      config: { tags: ["mine"] },
    });
    const sut = new SessionSummarizer({ model, keep: { turns: 1 }, retry: false });
    failure(await sut.summarizeEvents(turns(4), force));
    expect(server.requests).toMatchObject([{ seed: 7 }]);
  });

  test("stay on where the owner set them", async () => {
    const server = await playing([play.overloaded(), "Second."]);
    const sut = new SessionSummarizer({
      model: bare(server, { maxRetries: 1 }),
      keep: { turns: 1 },
      retry: false,
    });
    expect(summarized(await sut.summarizeEvents(turns(4), force)).summary.text).toBe("Second.");
    expect(server.requests).toHaveLength(2);
  });

  test("options that a model was configured with stay", async () => {
    const server = await playing(["Done."]);
    const sut = new SessionSummarizer({
      model: bare(server).withConfig({ seed: 5, stop: ["END"] }),
      keep: { turns: 1 },
      targetTokens: 50,
    });
    summarized(await sut.summarizeEvents(turns(4), force));
    expect(server.requests).toMatchObject([{ seed: 5, stop: ["END"], max_tokens: 50 }]);
  });
});
