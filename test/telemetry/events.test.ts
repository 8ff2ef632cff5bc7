import {
  eventCountThreshold,
  InMemorySessionService,
  type RunEvent,
  tokenThreshold,
  type WithSummariesOptions,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { numbered, u } from "../support/events.ts";
import { NOW, turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { kinds, only, serving, watched } from "./support.ts";

describe("a run tells", () => {
  test("that it started and was committed, with the figures of both", async () => {
    const server = await serving(["The gist."]);
    const { events, summarize } = watched({ model: server.chat(), trigger: eventCountThreshold(8) });
    const outcome = await summarize({});
    if (outcome.kind !== "summarized") throw new Error(outcome.kind);
    const { summary } = outcome;
    const base = { runId: summary.id, sessionId: "session-1", scope: undefined, timestamp: NOW };
    expect(events).toEqual([
      {
        kind: "started",
        ...base,
        trigger: "events",
        explanation: { name: "events", fired: true, observed: 8, threshold: 8 },
        events: 6,
        summaries: 0,
        tokens: outcome.summary.originalTokens,
      },
      {
        kind: "committed",
        ...base,
        summaryId: summary.id,
        version: 1,
        trigger: "events",
        strategy: "rolling",
        before: outcome.before,
        after: outcome.after,
        foldedEvents: 6,
        keptEvents: 2,
        foldedTokens: summary.originalTokens,
        summaryTokens: summary.summaryTokens,
        compressionRatio: summary.compressionRatio,
        model: "gpt-4o-mini",
        usage: play.USAGE,
        calls: 1,
        parts: 0,
        retries: 0,
        durationMs: summary.durationMs,
        elapsedMs: expect.any(Number),
      },
    ]);
    expect(only(events, "committed").elapsedMs).toBeGreaterThanOrEqual(summary.durationMs);
  });

  test("why it was skipped, and what the trigger saw", async () => {
    const { events, summarize } = watched({ trigger: tokenThreshold(1_000_000) });
    await summarize({});
    expect(events).toMatchObject([
      { kind: "skipped", reason: "not-triggered", explanation: { name: "tokens", threshold: 1_000_000 } },
    ]);
    await summarize({ keep: { turns: 10 }, force: true });
    expect(events.at(-1)).toMatchObject({ kind: "skipped", reason: "nothing-to-summarise" });
    expect(events.at(-1)).not.toHaveProperty("explanation");
    expect(new Set(events.map(({ runId }) => runId)).size).toBe(2);
  });

  test("each call that is made again, with status and wait, before it waits", async () => {
    const server = await serving([play.overloaded(), play.rateLimited({ retryAfterMs: 3 }), "The gist."]);
    const slept: number[] = [];
    const { events, summarize } = watched({
      model: server.chat(),
      retry: {
        delaysMs: [1, 2],
        sleep: async () => {
          slept.push(events.length);
        },
      },
    });
    await summarize();
    expect(kinds(events)).toBe("started retried retried committed");
    expect(slept).toEqual([2, 3]);
    expect(events.filter(({ kind }) => kind === "retried")).toMatchObject([
      { attempt: 1, waitMs: 1, status: 503, failure: "transient" },
      { attempt: 2, waitMs: 3, status: 429, failure: "transient" },
    ]);
    expect(only(events, "committed")).toMatchObject({ calls: 3, retries: 2, usage: play.USAGE });
  });

  test("the code of a failure, whether it may pass, and the provider's status", async () => {
    const server = await serving([play.serverError()]);
    const { events, summarize } = watched({ model: server.chat() });
    await summarize();
    expect(kinds(events)).toBe("started retried retried failed");
    expect(only(events, "failed")).toMatchObject({
      code: "summarizer-failed",
      transient: true,
      status: 500,
      calls: 3,
      retries: 2,
    });
  });

  test("a failure before anything is read", async () => {
    const { events, summarize } = watched({
      trigger: () => {
        throw new Error("broken");
      },
    });
    await summarize({});
    expect(events).toMatchObject([{ kind: "failed", code: "trigger-failed", transient: false, calls: 0 }]);
  });

  test("that the deadline ended it", async () => {
    const server = await serving([play.hang()]);
    const { events, summarize } = watched({ model: server.chat(), timeoutMs: 300 });
    await summarize();
    expect(kinds(events)).toBe("started failed");
    expect(only(events, "failed")).toMatchObject({ code: "timeout", transient: true, status: undefined });
  });

  test("that the caller gave up, before and amid the call", async () => {
    const server = await serving([play.hang()]);
    const { events, summarize } = watched({ model: server.chat() });
    await summarize({ force: true, signal: AbortSignal.abort() });
    expect(events).toMatchObject([{ kind: "skipped", reason: "aborted" }]);
    events.length = 0;
    const controller = new AbortController();
    const outcome = summarize({ force: true, signal: controller.signal });
    await expect.poll(() => server.requests.length).toBe(1);
    controller.abort();
    await outcome;
    expect(kinds(events)).toBe("started skipped");
    expect(events.at(-1)).toMatchObject({ reason: "aborted" });
  });

  test("a veto, a commit that fails, and a summary without gain", async () => {
    const vetoed = watched({ summarizer: stubSummarizer("S"), hooks: { after: () => ({ veto: true }) } });
    await vetoed.summarize();
    expect(kinds(vetoed.events)).toBe("started skipped");
    expect(vetoed.events[1]).toMatchObject({ reason: "vetoed" });

    const inner = new InMemorySessionService();
    const failing = await service({ mode: "manual" }, inner);
    inner.appendEvent = async () => {
      throw new Error("disk full");
    };
    await failing.sessions.summarize(failing.session, { force: true });
    expect(kinds(failing.events)).toBe("started failed");
    expect(only(failing.events, "failed")).toMatchObject({ code: "commit-failed" });
  });

  test("how many calls and parts a long text took", async () => {
    const server = await serving(() => "Part.");
    const { events, summarize } = watched({ model: server.chat(), maxInputTokens: 20, concurrency: 1 });
    await summarize();
    expect(kinds(events)).toBe("started committed");
    const { calls, parts, usage } = only(events, "committed");
    expect(calls).toBe(server.requests.length);
    const merges = server.requests.length - parts;
    expect(parts).toBeGreaterThanOrEqual(2);
    expect(merges).toBeGreaterThanOrEqual(1);
    expect(usage?.inputTokens).toBe(play.USAGE.inputTokens * calls);
  });
});

async function service(
  options: WithSummariesOptions,
  inner = new InMemorySessionService(),
): Promise<Awaited<ReturnType<typeof decorated>> & { readonly events: RunEvent[] }> {
  const events: RunEvent[] = [];
  const made = await decorated(
    {
      summarizer: stubSummarizer("S"),
      keep: { turns: 1 },
      trigger: eventCountThreshold(8),
      onEvent: (event) => events.push(event),
      ...options,
    },
    inner,
  );
  await appendAll(made.sessions, made.session, numbered(turns(4)));
  return { ...made, events };
}

describe("over a session service", () => {
  test("an append that folds tells its run under the session's id; each run has an id of its own", async () => {
    const { events } = await service({ mode: "inline" });
    expect(kinds(events.slice(-2))).toBe("started committed");
    expect(new Set(events.map(({ sessionId }) => sessionId))).toEqual(new Set([KEY.sessionId]));
    const before = events.slice(0, -2);
    expect(new Set(before.map((event) => event.kind === "skipped" && event.reason))).toEqual(
      new Set(["not-triggered"]),
    );
    expect(new Set(events.map(({ runId }) => runId)).size).toBe(before.length + 1);
  });

  test("callers who join a run have no events of their own", async () => {
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const summarizer = stubSummarizer(async () => {
      await gate;
      return "S";
    });
    const { events, sessions, session } = await service({ mode: "manual", summarizer });
    const runs = [1, 2, 3].map(() => sessions.summarize(session, { force: true }));
    await expect.poll(() => summarizer.requests.length).toBe(1);
    go();
    await Promise.all(runs);
    expect(kinds(events)).toBe("started committed");
  });

  test("a scope is told", async () => {
    const { events, sessions, session } = await service({ mode: "manual" });
    await sessions.summarize(session, { force: true, scope: "agent" });
    expect(events.map(({ scope }) => scope)).toEqual(["agent", "agent"]);
  });
});

describe("a listener that fails", () => {
  for (const [how, onEvent] of [
    ["throws", () => fail()],
    ["rejects", async () => fail()],
  ] as const) {
    test(`${how}: it is logged without its words, and nothing else changes`, async () => {
      const warnings: string[] = [];
      const logger = { warn: (message: string) => warnings.push(message) };
      const { sessions, session } = await service({ mode: "manual", onEvent, logger });
      expect(await sessions.summarize(session, { force: true })).toMatchObject({ kind: "summarized" });
      await sessions.appendEvent({ session, event: u("next") });
      const expected = `sessionfold: onEvent failed for session ${KEY.sessionId}`;
      expect(warnings).toEqual([expected, expected]);
    });
  }

  test("so does a logger that fails as well", async () => {
    const logger = { warn: () => fail() };
    const { summarize } = watched({ summarizer: stubSummarizer("S"), onEvent: () => fail(), logger });
    expect(await summarize()).toMatchObject({ kind: "summarized" });
  });

  function fail(): never {
    throw new Error("SECRET");
  }
});

test("what is no listener is refused", () => {
  expect(() => watched({ onEvent: "log" as never })).toThrow("Expected `onEvent` to be a function");
  expect(() => watched({ telemetry: { content: "yes" as never } })).toThrow(
    "Expected `telemetry.content` to be true or false",
  );
  expect(() => watched({ telemetry: { spans: true } as never })).toThrow("Unknown option `telemetry.spans`");
  expect(() => watched({ logger: {} as never })).toThrow(
    "Expected `logger` to be an object with a function `warn`",
  );
});
