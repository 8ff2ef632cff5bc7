import { InMemorySessionService, idleGap, withSummaries } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, numbered, u } from "../support/events.ts";
import { shown, turns } from "../support/folds.ts";
import { hang } from "../support/model-server.ts";
import { playing } from "../support/model-session.ts";
import { appendAll, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { appendTurns, gate, heldSummarizer, InterceptedService, inBackground, until } from "./support.ts";

test("background is the default", async () => {
  const stub = heldSummarizer();
  const sessions = withSummaries(new InMemorySessionService(), { summarizer: stub, keep: { turns: 1 } });
  const session = await sessions.createSession(KEY);
  await appendTurns({ sessions, session }, 100);
  await until(() => stub.requests.length === 1);
  await appendTurns({ sessions, session }, 1, 100);
  stub.releaseAll();
  await sessions.flush();
  expect(await sessions.listSummaries(KEY)).toHaveLength(1);
});

test("appends return while the model hangs, at the append that makes the session due and at all after it", async () => {
  const server = await playing([hang()]);
  const its = await inBackground({ model: server.chat(), limit: false });
  await appendTurns(its, 3);
  await server.arrived(1);
  await appendTurns(its, 20, 3);
  expect(server.requests).toHaveLength(1);
  expect(await its.window()).toHaveLength(46);
  await its.sessions.close({ drainMs: 0 });
  await server.idle();
  expect(server.calls[0]?.aborted).toBe(true);
});

test("the soft trigger starts the fold after the append, and what came meanwhile stays", async () => {
  const stub = heldSummarizer();
  const its = await inBackground({ summarizer: stub });
  await appendTurns(its, 2);
  await its.sessions.flush();
  expect(stub.requests).toHaveLength(0);
  await appendTurns(its, 1, 2);
  await until(() => stub.requests.length === 1);
  expect(stub.requests[0]?.events.map(({ id }) => id)).toEqual(["e0", "e1", "e2", "e3"]);
  await appendTurns(its, 1, 3);
  expect(await its.window()).toEqual(["e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7"]);
  stub.release();
  await its.sessions.flush();
  expect(await its.window()).toEqual(["S", "e4", "e5", "e6", "e7"]);
  expect(its.outcomes.filter(({ outcome }) => outcome.kind === "summarized")).toHaveLength(1);
  expect(its.outcomes.every(({ context }) => context.automatic)).toBe(true);
});

test("an append that is told not to fold starts none; the next one does", async () => {
  const its = await inBackground({ summarizer: stubSummarizer() });
  for (const event of numbered(turns(3))) await its.sessions.appendEvent({ ...its, event, fold: false });
  await its.sessions.flush();
  expect(its.outcomes).toEqual([]);
  await appendTurns(its, 1, 3);
  await its.sessions.flush();
  expect(await its.window()).toEqual(["S", "e6", "e7"]);
});

describe("a pause", () => {
  const trigger = idleGap(300);
  const at = (seconds: number): number => 1_700_000_000_000 + seconds * 1000;
  const spoken = (id: string, seconds: number) => [
    u(`question ${id}`, { id: `${id}u`, timestamp: at(seconds) }),
    a(`answer ${id}`, { id: `${id}a`, timestamp: at(seconds) }),
  ];

  test("is seen also when others are in front, and the conversation goes on before its turn comes", async () => {
    let now = at(0);
    const stub = heldSummarizer();
    const its = await inBackground({
      summarizer: stub,
      trigger,
      clock: () => now,
      maxConcurrentFolds: 1,
      limit: false,
    });
    const other = await its.sessions.createSession({ ...KEY, sessionId: "other" });
    await appendAll(its.sessions, other, [...spoken("x", 0), ...spoken("y", 0)]);
    await its.sessions.flush();
    now = at(1000);
    await appendAll(its.sessions, other, spoken("z", 1000));
    await until(() => stub.requests.length === 1);
    await appendAll(its.sessions, its.session, [...spoken("p", 0), ...spoken("q", 1)]);
    await appendAll(its.sessions, its.session, [...spoken("r", 1000), ...spoken("s", 1000)]);
    stub.releaseAll();
    await its.sessions.flush();
    expect(await its.window()).toEqual(["S", "su", "sa"]);
  });

  test("is measured when somebody speaks, not when its turn comes", async () => {
    let now = at(0);
    const store = new InterceptedService();
    const { opened, open } = gate();
    const stub = stubSummarizer();
    const its = await inBackground({ summarizer: stub, trigger, clock: () => now, limit: false }, store);
    await appendAll(its.sessions, its.session, [...spoken("p", 0), ...spoken("q", 0)]);
    await its.sessions.flush();
    await its.sessions.appendEvent({ ...its, event: u("more", { id: "ru", timestamp: at(10) }) });
    store.intercepts.getSession = () => opened;
    now = at(900);
    open();
    await its.sessions.flush();
    expect(stub.requests).toHaveLength(0);
    expect(shown((await store.getSession(KEY))?.events ?? [])).toEqual(["pu", "pa", "qu", "qa", "ru"]);
  });
});
