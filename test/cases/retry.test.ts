import { presets, SessionSummarizer, type SessionSummarizerOptions } from "@sessionfold/core";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { summarized, turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { modelSession, noSleep, playing } from "../support/model-session.ts";
import { failure, skippedBecause } from "../support/outcomes.ts";
import { KEY } from "../support/sessions.ts";

const DELAYS = [5000, 10_000, 15_000] as const;
const NOW = 1_800_000_000_000;
const force = { force: true } as const;

/** Lyra's preset, where the cases come from, and our defaults. */
const WAYS: readonly SessionSummarizerOptions[] = [presets.lyra(), { keep: { turns: 1 } }];

beforeEach(() => {
  // The breaker tells the time by the machine's clock.
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

test("RTY-01: what works at once is asked once and sleeps not at all", async () => {
  for (const options of WAYS) {
    const server = await playing(["Done."]);
    const { slept, sleep } = noSleep();
    const given = { ...options, model: server.chat(), retry: { delaysMs: DELAYS, sleep } };
    const { sessions } = await modelSession(given);
    expect(summarized(await sessions.summarize(KEY, force)).summary.text).toBe("Done.");
    expect(server.requests).toHaveLength(1);
    expect(slept).toEqual([]);
  }
});

test("RTY-02: what fails once is asked twice, with one sleep of 5 s between", async () => {
  for (const options of WAYS) {
    const server = await playing([play.overloaded(), "Done."]);
    const { slept, sleep } = noSleep();
    const given = { ...options, model: server.chat(), retry: { delaysMs: DELAYS, sleep } };
    const { sessions } = await modelSession(given);
    expect(summarized(await sessions.summarize(KEY, force)).summary.text).toBe("Done.");
    expect(server.requests).toHaveLength(2);
    expect(slept).toEqual([5000]);
    // The same is asked again.
    expect(server.requests[1]).toEqual(server.requests[0]);
  }
});

test("RTY-04: what fails four times has slept 5, 10 and 15 s, and the failed outcome carries the last error", async () => {
  for (const options of WAYS) {
    const faults = [play.serverError(), play.badGateway(), play.serverError(), play.overloaded()];
    const server = await playing([...faults, "A fifth call."]);
    const { slept, sleep } = noSleep();
    const given = { ...options, model: server.chat(), retry: { delaysMs: DELAYS, sleep } };
    const { sessions, expectUntouched } = await modelSession(given);
    const error = failure(await sessions.summarize(KEY, force));
    expect(error).toMatchObject({ code: "summarizer-failed", transient: true, cause: { status: 503 } });
    expect(error.message).toContain("503");
    expect(server.requests).toHaveLength(4);
    expect(slept).toEqual([5000, 10_000, 15_000]);
    await expectUntouched();
  }
});

test("RTY-06: a caller who gives up during a sleep has the outcome at once, and there is no further call", async () => {
  for (const options of WAYS) {
    const server = await playing([play.overloaded(), "Too late."]);
    const controller = new AbortController();
    const sleeping: AbortSignal[] = [];
    let wake = (): void => {};
    // A sleep that no signal wakes; ours returns all the same.
    const sleep = (_: number, signal: AbortSignal): Promise<void> => {
      sleeping.push(signal);
      queueMicrotask(() => controller.abort());
      return new Promise((resolve) => {
        wake = resolve;
      });
    };
    const given = { ...options, model: server.chat(), retry: { delaysMs: DELAYS, sleep } };
    const { sessions, expectUntouched } = await modelSession(given);
    const outcome = await sessions.summarize(KEY, { ...force, signal: controller.signal });
    expect(skippedBecause(outcome)).toBe("aborted");
    expect(sleeping.map(({ aborted }) => aborted)).toEqual([true]);
    wake();
    await new Promise((resolve) => setImmediate(resolve));
    await server.idle();
    expect(server.requests).toHaveLength(1);
    await expectUntouched();
  }
});

test("RTY-06: the machine's own sleep ends at once, too, and leaves no timer", async () => {
  const server = await playing([play.rateLimited({ retryAfter: 25 }), "Too late."]);
  const { sessions, expectUntouched } = await modelSession({ model: server.chat() });
  const controller = new AbortController();
  const set = vi.spyOn(globalThis, "setTimeout");
  const cleared = vi.spyOn(globalThis, "clearTimeout");
  onTestFinished(() => void vi.restoreAllMocks());
  const sleep = (): number => set.mock.calls.findIndex(([, milliseconds]) => milliseconds === 25_000);
  const outcome = sessions.summarize(KEY, { ...force, signal: controller.signal });
  while (sleep() < 0) await new Promise((resolve) => setImmediate(resolve));
  const timer: unknown = set.mock.results[sleep()]?.value;
  expect(cleared.mock.calls.some(([given]) => given === timer)).toBe(false);
  controller.abort();
  expect(skippedBecause(await outcome)).toBe("aborted");
  expect(cleared.mock.calls.some(([given]) => given === timer)).toBe(true);
  expect(server.requests).toHaveLength(1);
  await expectUntouched();
});

test("RTY-07: a breaker of 2 is closed after the first failure, open after the second, and still open a second later", async () => {
  const server = await playing([play.badRequest()]);
  const breaker = { failures: 2, pauseMs: 10_000 };
  const sut = new SessionSummarizer({ model: server.chat(), keep: { turns: 1 }, breaker });
  const summarize = () => sut.summarizeEvents(turns(4), force);
  failure(await summarize());
  failure(await summarize());
  expect(server.requests).toHaveLength(2);
  expect(skippedBecause(await summarize())).toBe("breaker-open");
  vi.setSystemTime(NOW + 1000);
  expect(skippedBecause(await summarize())).toBe("breaker-open");
  vi.setSystemTime(NOW + 9999);
  expect(skippedBecause(await summarize())).toBe("breaker-open");
  expect(server.requests).toHaveLength(2);
  vi.setSystemTime(NOW + 10_000);
  failure(await summarize());
  expect(server.requests).toHaveLength(3);
});

test("RTY-09: a breaker that is switched off never opens", async () => {
  const server = await playing([play.badRequest()]);
  const sut = new SessionSummarizer({ model: server.chat(), keep: { turns: 1 }, breaker: false });
  for (let call = 1; call <= 12; call++) {
    failure(await sut.summarizeEvents(turns(4), force));
    expect(server.requests).toHaveLength(call);
  }
  // By default it does, after five.
  const guarded = new SessionSummarizer({ model: server.chat(), keep: { turns: 1 } });
  for (let call = 1; call <= 5; call++) failure(await guarded.summarizeEvents(turns(4), force));
  expect(skippedBecause(await guarded.summarizeEvents(turns(4), force))).toBe("breaker-open");
  expect(server.requests).toHaveLength(17);
});
