import type { SummarizeHooks, SummarizerRequest, WithSummariesOptions } from "@sessionfold/core";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { wait } from "../support/chunks.ts";
import { summarized, turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { modelSession, playing, warmUp } from "../support/model-session.ts";
import { failure, skippedBecause } from "../support/outcomes.ts";
import { appendAll, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const force = { force: true } as const;
const never = (): Promise<never> => new Promise(() => {});
/** Lets everything run that is due. */
const settle = (): Promise<void> => wait(30);

beforeAll(warmUp);
afterEach(() => {
  vi.useRealTimers();
});

describe("one deadline", () => {
  /** What the summarizer was told to have left, of 1000 ms, when so much time passes before it is called. */
  async function timeLeftAfter(
    passed: number,
    spent: WithSummariesOptions,
  ): Promise<number | null | undefined> {
    let left: number | null | undefined;
    const summarizer = stubSummarizer(({ timeLeft }) => {
      left = timeLeft();
      return "SUM";
    });
    const { sessions } = await modelSession({ timeoutMs: 1000, trigger: () => true, summarizer, ...spent });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const outcome = sessions.summarize(KEY);
    await vi.advanceTimersByTimeAsync(passed);
    summarized(await outcome);
    vi.useRealTimers();
    return left;
  }

  test("covers the trigger and the hook before", async () => {
    const trigger = async (): Promise<boolean> => {
      await wait(300);
      return true;
    };
    const before = async (): Promise<undefined> => {
      await wait(200);
    };
    expect(await timeLeftAfter(0, {})).toBe(1000);
    expect(await timeLeftAfter(300, { trigger })).toBe(700);
    expect(await timeLeftAfter(200, { hooks: { before } })).toBe(800);
    expect(await timeLeftAfter(500, { trigger, hooks: { before } })).toBe(500);
  });

  test("covers the calls that are asked again: the second hangs, and the whole ends", async () => {
    const server = await playing([play.overloaded(), play.hang()]);
    const { sessions, expectUntouched } = await modelSession({
      model: server.chat(),
      retry: { delaysMs: [1] },
      timeoutMs: 300,
    });
    expect(failure(await sessions.summarize(KEY, force))).toMatchObject({ code: "timeout", transient: true });
    await server.idle();
    expect(server.calls.map(({ aborted }) => aborted)).toEqual([false, true]);
    await expectUntouched();
  });

  test.each<[string, SummarizeHooks, number]>([
    ["before", { before: never }, 0],
    ["after", { after: never }, 1],
    ["before, failing open", { before: never, onError: "continue" }, 0],
    ["after, failing open", { after: never, onError: "continue" }, 1],
  ])("ends a hook that hangs, %s", async (_, hooks, calls) => {
    const server = await playing(["Written."]);
    const { sessions, expectUntouched } = await modelSession({ model: server.chat(), hooks, timeoutMs: 150 });
    expect(failure(await sessions.summarize(KEY, force)).code).toBe("timeout");
    expect(server.requests).toHaveLength(calls);
    await expectUntouched();
  });

  test("tells a hook by its signal, which gives the reason", async () => {
    let told: unknown;
    const before = ({ signal }: { signal: AbortSignal }): Promise<never> => {
      signal.addEventListener("abort", () => {
        told = signal.reason;
      });
      return never();
    };
    const { sessions } = await modelSession({
      summarizer: stubSummarizer(),
      hooks: { before },
      timeoutMs: 30,
    });
    const error = failure(await sessions.summarize(KEY, force));
    expect(told).toBe(error);
  });
});

describe("the caller's signal", () => {
  test.each<[string, play.Answer]>([
    ["before the head", play.hang()],
    ["amid the body", play.hangAmid()],
    ["amid a drip", play.drip("Too slow.", { gapMs: 20 })],
  ])("reaches the socket: %s", async (_, fault) => {
    const server = await playing([fault]);
    const { sessions, expectUntouched } = await modelSession({ model: server.chat() });
    const controller = new AbortController();
    const outcome = sessions.summarize(KEY, { ...force, signal: controller.signal });
    await server.arrived(1);
    await wait(20);
    expect(server.openSockets()).toBe(1);
    controller.abort();
    expect(skippedBecause(await outcome)).toBe("aborted");
    await server.idle();
    expect(server.openSockets()).toBe(0);
    expect(server.calls.map(({ aborted }) => aborted)).toEqual([true]);
    await expectUntouched();
  });

  test("reaches the calls for all parts of a long input", async () => {
    const server = await playing([play.hang()]);
    const { sessions, expectUntouched } = await modelSession(
      { model: server.chat(), maxInputTokens: 100, concurrency: 3 },
      turns(60),
    );
    const controller = new AbortController();
    const outcome = sessions.summarize(KEY, { ...force, signal: controller.signal });
    await server.arrived(3);
    controller.abort();
    expect(skippedBecause(await outcome)).toBe("aborted");
    await server.idle();
    expect(server.calls.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    await expectUntouched();
  });

  test("ends the calls for the other parts when one fails for good", async () => {
    const server = await playing((_, call) => (call === 2 ? play.badRequest() : play.hang()));
    const { sessions, expectUntouched } = await modelSession(
      { model: server.chat(), maxInputTokens: 100, concurrency: 3, breaker: false },
      turns(60),
    );
    expect(failure(await sessions.summarize(KEY, force))).toMatchObject({ code: "summarizer-failed" });
    await server.idle();
    expect(server.calls.map(({ aborted }) => aborted)).toEqual([true, true, false]);
    await expectUntouched();
  });

  test("deleting the session reaches it, too", async () => {
    const server = await playing([play.hang()]);
    const { sessions } = await modelSession({ model: server.chat() });
    const outcome = sessions.summarize(KEY, force);
    await server.arrived(1);
    await sessions.deleteSession(KEY);
    expect(skippedBecause(await outcome)).toBe("aborted");
    await server.idle();
    expect(server.calls.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test("that is aborted before the call asks nobody", async () => {
    const server = await playing(["Never."]);
    const { sessions, expectUntouched } = await modelSession({ model: server.chat() });
    const outcome = await sessions.summarize(KEY, { ...force, signal: AbortSignal.abort() });
    expect(skippedBecause(outcome)).toBe("aborted");
    expect(server.requests).toHaveLength(0);
    await expectUntouched();
  });
});

/** A piece of work that ends when it is told to, whatever any signal says. */
function deaf(): { readonly ended: Promise<void>; readonly end: () => void } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { ended, end };
}

describe.each(["deadline", "abort"] as const)("after the %s", (way) => {
  for (const breaker of [undefined, false] as const) {
    const setup = async (options: WithSummariesOptions) => {
      const made = await modelSession({ timeoutMs: way === "deadline" ? 60 : null, breaker, ...options });
      const run = async (): Promise<void> => {
        const signal = way === "abort" ? AbortSignal.timeout(60) : undefined;
        const outcome = await made.sessions.summarize(KEY, { ...force, signal });
        if (way === "abort") expect(skippedBecause(outcome)).toBe("aborted");
        else expect(failure(outcome).code).toBe("timeout");
      };
      return { ...made, run };
    };
    const by = breaker === false ? ", without a breaker" : "";

    test(`the answer of a summarizer that heeds no signal is ignored, and no hook sees it${by}`, async () => {
      const { ended, end } = deaf();
      const summarizer = stubSummarizer(async () => {
        await ended;
        return "Too late.";
      });
      const seen: string[] = [];
      const hooks: SummarizeHooks = { after: ({ text }) => void seen.push(text) };
      const { run, expectUntouched, sessions, session, log } = await setup({ summarizer, hooks });
      await run();
      end();
      await settle();
      await expectUntouched();
      expect(seen).toEqual([]);
      // The session goes on as if nothing had been.
      await appendAll(sessions, session, turns(1, 9));
      expect(await log()).toHaveLength(10);
    });

    test(`a hook that heeds no signal brings about no call${by}`, async () => {
      const { ended, end } = deaf();
      const summarizer = stubSummarizer();
      const before = async (): Promise<{ text: string }> => {
        await ended;
        return { text: "edited too late, though long enough to be worth a summary" };
      };
      const { run, expectUntouched } = await setup({ summarizer, hooks: { before } });
      await run();
      end();
      await settle();
      expect(summarizer.requests).toHaveLength(0);
      await expectUntouched();
    });

    test(`a sleep that heeds no signal brings about no further call${by}`, async () => {
      const { ended, end } = deaf();
      const requests: SummarizerRequest[] = [];
      const summarizer = stubSummarizer((request) => {
        requests.push(request);
        throw Object.assign(new Error("busy"), { status: 503 });
      });
      const { run, expectUntouched } = await setup({
        summarizer,
        retry: { delaysMs: [1], sleep: () => ended },
      });
      await run();
      end();
      await settle();
      expect(requests).toHaveLength(1);
      await expectUntouched();
    });
  }
});

test("a failure that comes after the caller gave up asks no fallback", async () => {
  for (const breaker of [undefined, false] as const) {
    const { ended, end } = deaf();
    const summarizer = stubSummarizer(async () => {
      await ended;
      throw new Error("late");
    });
    const fallback = stubSummarizer();
    const { sessions, expectUntouched } = await modelSession({ summarizer, fallback, breaker });
    const controller = new AbortController();
    const outcome = sessions.summarize(KEY, { ...force, signal: controller.signal });
    await vi.waitFor(() => expect(summarizer.requests).toHaveLength(1));
    controller.abort();
    expect(skippedBecause(await outcome)).toBe("aborted");
    end();
    await settle();
    expect(fallback.requests).toHaveLength(0);
    await expectUntouched();
  }
});
