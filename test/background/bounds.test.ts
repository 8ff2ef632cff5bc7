import { AsyncLocalStorage } from "node:async_hooks";
import { approximateCounter, conversationThreshold, type Session, withSummaries } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { summarized } from "../support/folds.ts";
import { late } from "../support/model-server.ts";
import { playing } from "../support/model-session.ts";
import { KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import {
  appendTurns,
  type BackgroundSession,
  heldSummarizer,
  inBackground,
  settled,
  until,
} from "./support.ts";

function another({ sessions }: BackgroundSession, name: string | number): Promise<Session> {
  return sessions.createSession({ ...KEY, sessionId: `session ${name}` });
}

async function others(its: BackgroundSession, count: number): Promise<readonly Session[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => another(its, at)));
}

async function foldedAmong(its: BackgroundSession, sessions: readonly Session[]): Promise<number> {
  const found = await Promise.all(sessions.map((session) => its.sessions.listSummaries(session)));
  return found.filter(({ length }) => length > 0).length;
}

/** What waits for the end of folds, and for how many it waits. */
function counting() {
  let count = 0;
  const waitUntil = (done: Promise<void>): void => {
    count++;
    void done.then(() => count--);
  };
  return { waitUntil, open: () => count };
}

test("only so many folds run at once, and each that ends makes room for the next", async () => {
  const stub = heldSummarizer();
  const its = await inBackground({ summarizer: stub, maxConcurrentFolds: 3 });
  const sessions = await others(its, 8);
  for (const session of sessions) await appendTurns({ ...its, session }, 3);
  await settled();
  expect(stub.requests).toHaveLength(3);
  for (let ended = 1; ended <= 5; ended++) {
    stub.release();
    await until(() => stub.requests.length > 2 + ended);
    await settled();
    expect(stub.requests).toHaveLength(3 + ended);
  }
  stub.releaseAll();
  await its.sessions.flush();
  expect(await foldedAmong(its, sessions)).toBe(8);
});

test("by default four", async () => {
  const stub = heldSummarizer();
  const its = await inBackground({ summarizer: stub });
  for (const session of await others(its, 6)) await appendTurns({ ...its, session }, 3);
  await settled();
  expect(stub.requests).toHaveLength(4);
  stub.releaseAll();
});

test("of one session one fold runs and one waits, whatever is appended; the second sees all of it", async () => {
  const stub = heldSummarizer();
  const { waitUntil, open } = counting();
  const its = await inBackground({ summarizer: stub, waitUntil });
  await appendTurns(its, 3);
  await until(() => stub.requests.length === 1);
  await appendTurns(its, 10, 3);
  await settled();
  expect(stub.requests).toHaveLength(1);
  expect(open()).toBe(2);
  stub.release();
  await until(() => stub.requests.length === 2);
  expect(stub.requests[1]?.events.at(-1)?.id).toBe("e23");
  stub.releaseAll();
  await until(() => open() === 0);
  expect(await its.window()).toEqual(["S", "e24", "e25"]);
});

test("a session that waits behind its own fold leaves the place to others", async () => {
  const stub = heldSummarizer();
  const its = await inBackground({ summarizer: stub, maxConcurrentFolds: 2 });
  await appendTurns(its, 3);
  await until(() => stub.requests.length === 1);
  await appendTurns(its, 3, 3);
  const other = await another(its, "other");
  await appendTurns({ ...its, session: other }, 3);
  await until(() => stub.requests.length === 2);
  stub.releaseAll();
  await its.sessions.flush();
});

test("a manual call joins the fold in progress and gets its outcome", async () => {
  const stub = heldSummarizer();
  const its = await inBackground({ summarizer: stub });
  await appendTurns(its, 3);
  await until(() => stub.requests.length === 1);
  const calls = [its.sessions.summarize(KEY), its.sessions.summarize(KEY, { force: true })];
  await settled();
  stub.release("the gist");
  const ids = (await Promise.all(calls)).map((outcome) => summarized(outcome).summary.id);
  await its.sessions.flush();
  expect(new Set(ids)).toEqual(new Set((await its.sessions.listSummaries(KEY)).map(({ id }) => id)));
  expect(stub.requests).toHaveLength(1);
  // It is told once, as what it was: the background's.
  const told = its.outcomes.filter(({ outcome }) => outcome.kind === "summarized");
  expect(told.map(({ context }) => context.automatic)).toEqual([true]);
});

test("the background joins a manual call in progress", async () => {
  const stub = heldSummarizer();
  const its = await inBackground({ summarizer: stub });
  await appendTurns(its, 2);
  const call = its.sessions.summarize(KEY, { force: true });
  await until(() => stub.requests.length === 1);
  await appendTurns(its, 1, 2);
  await settled();
  expect(stub.requests).toHaveLength(1);
  stub.releaseAll();
  summarized(await call);
  await its.sessions.flush();
  expect(stub.requests).toHaveLength(1);
});

describe("GOX-01: every session that is due is folded in the end, none is dropped", () => {
  test("though more are due than may wait: the others are found at their next append", async () => {
    const stub = heldSummarizer();
    const { waitUntil, open } = counting();
    const its = await inBackground({
      summarizer: stub,
      limit: false,
      maxConcurrentFolds: 2,
      maxWaitingSessions: 5,
      waitUntil,
    });
    const sessions = await others(its, 40);
    for (const session of sessions.slice(0, 2)) await appendTurns({ ...its, session }, 3);
    await until(() => stub.requests.length === 2);
    for (const session of sessions.slice(2)) await appendTurns({ ...its, session }, 3);
    expect(open()).toBe(2 + 5);
    stub.releaseAll();
    await its.sessions.flush();
    expect(await foldedAmong(its, sessions)).toBeLessThanOrEqual(7);
    for (const session of sessions) {
      await appendTurns({ ...its, session }, 1, 3);
      await its.sessions.flush();
    }
    expect(await foldedAmong(its, sessions)).toBe(40);
    expect(its.warnings).toEqual([]);
  });

  test("and at their next read, if they are past the limit", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub, maxConcurrentFolds: 1, maxWaitingSessions: 1 });
    const sessions = await others(its, 4);
    for (const session of sessions) await appendTurns({ ...its, session }, 6);
    await until(() => stub.requests.length === 1);
    stub.releaseAll();
    await its.sessions.flush();
    expect(await foldedAmong(its, sessions)).toBeLessThanOrEqual(2);
    for (const { sessionId } of sessions) await its.sessions.getSession({ ...KEY, sessionId });
    expect(await foldedAmong(its, sessions)).toBe(4);
  });

  test("though the worker stops: another one over the same store finds them at their next append", async () => {
    const stub = heldSummarizer();
    const first = await inBackground({ summarizer: stub, maxConcurrentFolds: 1 });
    const sessions = await others(first, 10);
    for (const session of sessions) await appendTurns({ ...first, session }, 3);
    await until(() => stub.requests.length === 1);
    await first.sessions.close({ drainMs: 0 });
    expect(await foldedAmong(first, sessions)).toBe(0);
    const options = { summarizer: stubSummarizer(), trigger: conversationThreshold(3), keep: { turns: 1 } };
    const second = { ...first, sessions: withSummaries(first.inner, options) };
    for (const session of sessions) await appendTurns({ ...second, session }, 1, 3);
    await second.sessions.flush();
    expect(await foldedAmong(second, sessions)).toBe(10);
  });

  test("and no append runs another's work, or its own", async () => {
    const caller = new AsyncLocalStorage<string>();
    const callers = new Set<string | undefined>();
    const its = await inBackground({
      summarizer: stubSummarizer(() => {
        callers.add(caller.getStore());
        return "SUM";
      }),
      maxConcurrentFolds: 2,
    });
    const sessions = await others(its, 10);
    await Promise.all(
      sessions.map((session) => caller.run(session.sessionId, () => appendTurns({ ...its, session }, 3))),
    );
    await its.sessions.flush();
    expect(await foldedAmong(its, sessions)).toBe(10);
    expect([...callers]).toEqual([undefined]);
  });
});

test("200 sessions at once: every one is folded, never two folds of one session at once, never more than so many in all", async () => {
  let running = 0;
  let most = 0;
  const server = await playing(async () => {
    most = Math.max(most, ++running);
    await settled();
    running--;
    return late(1, "SUM");
  });
  const bySession = new Map<string, number>();
  let twice = 0;
  const its = await inBackground({
    model: server.chat(),
    tokenCounter: approximateCounter(),
    maxConcurrentFolds: 8,
    hooks: {
      before: ({ sessionId }) => {
        const count = (bySession.get(sessionId) ?? 0) + 1;
        bySession.set(sessionId, count);
        if (count > 1) twice++;
        return undefined;
      },
      after: ({ sessionId }) => {
        bySession.set(sessionId, (bySession.get(sessionId) ?? 0) - 1);
        return undefined;
      },
    },
  });
  const sessions = await others(its, 200);
  await Promise.all(sessions.map((session) => appendTurns({ ...its, session }, 7)));
  await its.sessions.flush();
  expect(await foldedAmong(its, sessions)).toBe(200);
  expect(twice).toBe(0);
  expect(most).toBeLessThanOrEqual(8);
  expect(server.maxConcurrent).toBeLessThanOrEqual(8);
  for (const { sessionId } of sessions) {
    const full = await its.sessions.getSession({ ...KEY, sessionId, view: "full" });
    expect(full?.events.filter(({ id }) => /^e\d+$/.test(id))).toHaveLength(14);
  }
});
