import { InMemorySessionService, type SummarizeOptions, withSummaries } from "@sessionfold/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { playing } from "../support/model-session.ts";
import { appendAll } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const NOW = 1_800_000_000_000;
const PAUSE_MS = 60_000;

beforeEach(() => {
  // The breaker tells the time by the machine's clock.
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const bad = play.badRequest();
const good = "Written.";
/** A time limit that a model could keep, so that a miss counts. */
const FAIR_MS = 1100;

/** A service whose breaker opens after three failures; each call of `fold` is for a session of its own. */
async function service(script: play.ScriptLike, options: Parameters<typeof withSummaries>[1] = {}) {
  const server = await playing(script);
  const sessions = withSummaries(new InMemorySessionService(), {
    mode: "manual",
    model: server.chat(),
    keep: { turns: 1 },
    breaker: { failures: 3, pauseMs: PAUSE_MS },
    retry: false,
    ...options,
  });
  let made = 0;
  const fold = async (given: SummarizeOptions = {}): Promise<string> => {
    const key = { appName: "app", userId: "user", sessionId: `s${made++}` };
    await appendAll(sessions, await sessions.createSession(key), turns(4));
    const outcome = await sessions.summarize(key, { force: true, ...given });
    const { length } = (await sessions.getSession({ ...key, view: "full" }))?.events ?? [];
    expect(length).toBe(outcome.kind === "summarized" ? 9 : 8);
    return outcome.kind === "skipped" ? outcome.reason : outcome.kind;
  };
  const folds = async (count: number): Promise<readonly string[]> => {
    const outcomes: string[] = [];
    for (let at = 0; at < count; at++) outcomes.push(await fold());
    return outcomes;
  };
  return { server, sessions, fold, folds };
}

const later = (milliseconds: number): void => void vi.setSystemTime(NOW + milliseconds);

test("opens after so many failures in a row, over several sessions, and then makes no request", async () => {
  const { server, folds } = await service([bad, bad, bad, good]);
  expect(await folds(5)).toEqual(["failed", "failed", "failed", "breaker-open", "breaker-open"]);
  expect(server.requests).toHaveLength(3);
});

test("failures that are not in a row do not open it", async () => {
  const { folds } = await service([bad, bad, good, bad, bad, good, bad, bad, good]);
  expect(new Set(await folds(9))).toEqual(new Set(["failed", "summarized"]));
});

test("answers that are no summary and time limits count, too", async () => {
  const { server, fold, folds } = await service(["", play.hang(), play.emptyContent(" "), good]);
  expect(await fold()).toBe("failed");
  expect(await fold({ timeoutMs: FAIR_MS })).toBe("failed");
  expect(await folds(2)).toEqual(["failed", "breaker-open"]);
  expect(server.requests.length).toBeLessThanOrEqual(3);
});

test("what says nothing of the model does not count: hardly any time, hardly any source", async () => {
  const slow = await service([play.late(500, good)]);
  for (let call = 0; call < 4; call++) expect(await slow.fold({ timeoutMs: 40 })).toBe("failed");
  expect(await slow.fold()).toBe("summarized");
  const wordy = await service([play.huge(5000), play.huge(5000), play.huge(5000), play.huge(5000), good]);
  expect(await wordy.folds(5)).toEqual(["failed", "failed", "failed", "failed", "summarized"]);
});

test("a summarizer that heeds no signal and never answers counts, too", async () => {
  const summarizer = stubSummarizer(() => new Promise<string>(() => {}));
  const { folds } = await service([], { model: undefined, summarizer, timeoutMs: FAIR_MS });
  expect(await folds(4)).toEqual(["failed", "failed", "failed", "breaker-open"]);
  expect(summarizer.requests).toHaveLength(3);
});

test("a summary counts once, however many calls it took", async () => {
  const { server, folds } = await service([play.overloaded()], {
    retry: { delaysMs: [0, 0, 0], sleep: async () => {} },
  });
  expect(await folds(4)).toEqual(["failed", "failed", "failed", "breaker-open"]);
  expect(server.requests).toHaveLength(12);
});

test("after the pause one call tries; its success closes it", async () => {
  const { server, fold, folds } = await service([bad, bad, bad, play.late(60, good), good]);
  await folds(3);
  later(PAUSE_MS - 1);
  expect(await fold()).toBe("breaker-open");
  later(PAUSE_MS);
  const calls = [fold(), fold(), fold()];
  await server.arrived(4);
  // The others do not wait for what comes of it: a fallback may be behind them.
  expect(server.inProgress()).toBe(1);
  expect(await Promise.all(calls)).toEqual(["summarized", "breaker-open", "breaker-open"]);
  expect(server.requests).toHaveLength(4);
  expect(await folds(2)).toEqual(["summarized", "summarized"]);
});

test("after the pause one call tries; its failure keeps it open for another pause", async () => {
  const { server, fold, folds } = await service([bad, bad, bad, play.late(60, ""), good]);
  await folds(3);
  later(PAUSE_MS);
  const outcomes = await Promise.all([fold(), fold(), fold()]);
  expect(outcomes.sort()).toEqual(["breaker-open", "breaker-open", "failed"]);
  expect(server.requests).toHaveLength(4);
  later(2 * PAUSE_MS - 1);
  expect(await fold()).toBe("breaker-open");
  later(2 * PAUSE_MS);
  expect(await fold()).toBe("summarized");
});

test("a caller who gives up does not count as a failure, nor as a success", async () => {
  const hang = play.hang();
  const { server, fold, folds } = await service([hang, hang, hang, hang, bad, bad, hang, bad, good]);
  const abandon = async (): Promise<string> => {
    const controller = new AbortController();
    const outcome = fold({ signal: controller.signal });
    await server.arrived(server.requests.length + 1);
    controller.abort();
    return outcome;
  };
  for (let call = 0; call < 4; call++) expect(await abandon()).toBe("aborted");
  expect(await folds(2)).toEqual(["failed", "failed"]);
  expect(await abandon()).toBe("aborted");
  // The third in a row all the same.
  expect(await folds(2)).toEqual(["failed", "breaker-open"]);
});

test("a caller who gives up on the call that tries proves nothing: the next call tries", async () => {
  const { server, fold, folds } = await service([bad, bad, bad, play.hang(), good]);
  await folds(3);
  later(PAUSE_MS);
  const controller = new AbortController();
  const outcome = fold({ signal: controller.signal });
  await server.arrived(4);
  controller.abort();
  expect(await outcome).toBe("aborted");
  expect(await fold()).toBe("summarized");
  expect(server.requests).toHaveLength(5);
});

test("calls with overrides share it; a model of their own has its own", async () => {
  const { server, fold, folds } = await service(
    play.byModel({ "gpt-4o-mini": [bad], other: [bad, bad, bad, good] }),
  );
  for (const options of [{ maxSummaryLength: 50 }, { timeoutMs: null }, { minGain: 0.5 }])
    expect(await fold(options)).toBe("failed");
  expect(await folds(1)).toEqual(["breaker-open"]);
  expect(await fold({ maxSummaryLength: 60 })).toBe("breaker-open");

  const model = server.chat({ model: "other" });
  for (const expected of ["failed", "failed", "failed", "breaker-open"])
    expect(await fold({ model })).toBe(expected);
  // Nothing is asked of either; without the breaker it is.
  expect(await fold({ model, breaker: false })).toBe("summarized");
  expect(server.requests).toHaveLength(7);
});
