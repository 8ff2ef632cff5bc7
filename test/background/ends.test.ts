import { anyOf, conversationThreshold, idleGap, keyOf } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { numbered, u } from "../support/events.ts";
import { shown, turns } from "../support/folds.ts";
import { skippedBecause } from "../support/outcomes.ts";
import { appendAll, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import {
  appendTurns,
  gate,
  heldSummarizer,
  InterceptedService,
  inBackground,
  settled,
  until,
} from "./support.ts";

describe("flush", () => {
  test("waits for what runs and what waits", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub, maxConcurrentFolds: 1 });
    const other = await its.sessions.createSession({ ...KEY, sessionId: "other" });
    await appendTurns(its, 3);
    await appendTurns({ ...its, session: other }, 3);
    await until(() => stub.requests.length === 1);
    let isOver = false;
    const flushed = its.sessions.flush().then(() => {
      isOver = true;
    });
    stub.release();
    await until(() => stub.requests.length === 2);
    await settled();
    expect(isOver).toBe(false);
    stub.releaseAll();
    await flushed;
    expect(await its.sessions.listSummaries(other)).toHaveLength(1);
  });

  test("does not wait for what comes after it", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub });
    await appendTurns(its, 3);
    await until(() => stub.requests.length === 1);
    let isOver = false;
    const flushed = its.sessions.flush().then(() => {
      isOver = true;
    });
    const other = await its.sessions.createSession({ ...KEY, sessionId: "other" });
    await appendTurns({ ...its, session: other }, 3);
    await until(() => stub.requests.length === 2);
    const manual = its.sessions.summarize({ ...KEY, sessionId: "other" }, { force: true, scope: "agent" });
    stub.release();
    await until(() => isOver);
    await flushed;
    stub.releaseAll();
    await manual;
  });

  test("ends though there is always more to do", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub });
    stub.releaseAll();
    let isOver = false;
    const busy = (async () => {
      for (let turn = 0; !isOver; turn++) {
        await appendTurns(its, 1, turn);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await until(() => stub.requests.length > 2);
    await its.sessions.flush();
    isOver = true;
    await busy;
  });

  test("without anything to do is over at once", async () => {
    const its = await inBackground({ summarizer: stubSummarizer() });
    await its.sessions.flush();
    expect(its.outcomes).toEqual([]);
  });
});

describe("close", () => {
  test("takes no new jobs, and drains those there are", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub, maxConcurrentFolds: 1 });
    const [second, third] = await Promise.all(
      ["second", "third"].map((sessionId) => its.sessions.createSession({ ...KEY, sessionId })),
    );
    if (second === undefined || third === undefined) throw new Error("No sessions");
    await appendTurns(its, 3);
    await appendTurns({ ...its, session: second }, 3);
    await until(() => stub.requests.length === 1);
    const closed = its.sessions.close({ drainMs: 60_000 });
    await appendTurns({ ...its, session: third }, 6);
    // Past the limit, where a read would start a fold.
    expect((await its.sessions.getSession({ ...KEY, sessionId: "third" }))?.events).toHaveLength(12);
    stub.releaseAll();
    await closed;
    const folded = await Promise.all([KEY, second, third].map((key) => its.sessions.listSummaries(key)));
    expect(folded.map(({ length }) => length)).toEqual([1, 1, 0]);
  });

  test("calls off what is not done in time, and what waits is not begun", async () => {
    const stub = heldSummarizer();
    const store = new InterceptedService();
    const its = await inBackground({ summarizer: stub, maxConcurrentFolds: 1 }, store);
    const other = await its.sessions.createSession({ ...KEY, sessionId: "other" });
    await appendTurns(its, 3);
    await until(() => stub.requests.length === 1);
    await appendTurns({ ...its, session: other }, 3);
    const read: string[] = [];
    store.intercepts.getSession = ({ sessionId }) => read.push(sessionId);
    await its.sessions.close({ drainMs: 20 });
    expect(stub.requests[0]?.signal.aborted).toBe(true);
    expect(stub.requests).toHaveLength(1);
    expect(read).toEqual([]);
    // What the model still says is too late.
    stub.releaseAll();
    await settled();
    expect(await its.window()).toEqual(["e0", "e1", "e2", "e3", "e4", "e5"]);
    expect(its.outcomes.map(({ outcome }) => skippedBecause(outcome)).at(-1)).toBe("aborted");
  });

  test("leaves appends, reads and marks at work, which fold and wait for nothing", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub });
    await its.sessions.close();
    await appendTurns(its, 20);
    expect(await its.sessions.getSession(KEY)).toMatchObject({ events: { length: 40 } });
    await its.sessions.mark(KEY, { pin: "e0" });
    expect(await its.sessions.search(KEY, "question")).toHaveLength(20);
    expect(skippedBecause(await its.sessions.summarize(KEY, { force: true }))).toBe("aborted");
    await its.sessions.flush();
    expect(stub.requests).toHaveLength(0);
  });

  test("may be called twice, also at once; the shorter drain decides", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub });
    await appendTurns(its, 3);
    await until(() => stub.requests.length === 1);
    await Promise.all([its.sessions.close({ drainMs: 3_600_000 }), its.sessions.close({ drainMs: 0 })]);
    await its.sessions.close();
    expect(stub.requests[0]?.signal.aborted).toBe(true);
  });

  test("waits for a summary that is being stored", async () => {
    const stub = heldSummarizer();
    const store = new InterceptedService();
    const its = await inBackground({ summarizer: stub }, store);
    await appendTurns(its, 3);
    await until(() => stub.requests.length === 1);
    const { opened, open } = gate();
    let isStoring = false;
    store.intercepts.appendEvent = () => {
      isStoring = true;
      return opened;
    };
    stub.release();
    await until(() => isStoring);
    const closed = its.sessions.close({ drainMs: 0 });
    await settled();
    open();
    await closed;
    expect(await its.sessions.listSummaries(KEY)).toHaveLength(1);
  });

  test("folds nothing in an append either, with `mode: inline`", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub, mode: "inline" });
    await appendTurns(its, 2);
    const call = its.sessions.summarize(KEY, { force: true });
    await until(() => stub.requests.length === 1);
    const closed = its.sessions.close({ drainMs: 3_600_000 });
    const other = await its.sessions.createSession({ ...KEY, sessionId: "other" });
    await appendTurns({ ...its, session: other }, 3);
    stub.release();
    await call;
    await closed;
    expect(stub.requests).toHaveLength(1);
  });
});

describe("a session that is deleted", () => {
  test("during its fold ends it, and leaves nothing behind", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub });
    await appendTurns(its, 3);
    await until(() => stub.requests.length === 1);
    await its.sessions.deleteSession(KEY);
    await its.sessions.flush();
    expect(stub.requests[0]?.signal.aborted).toBe(true);
    expect(await its.sessions.getSession(KEY)).toBeNull();
    stub.releaseAll();
    await settled();
    expect(await its.inner.getSession(KEY)).toBeNull();
    expect(its.warnings).toEqual([]);
  });

  test("and made anew under its key is folded for itself, and gets nothing of the other", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({ summarizer: stub });
    await appendTurns(its, 3);
    await until(() => stub.requests.length === 1);
    await its.sessions.deleteSession(KEY);
    const anew = await its.sessions.createSession(KEY);
    await appendAll(its.sessions, anew, turns(3, 100));
    await until(() => stub.requests.length === 2);
    stub.release("of the first");
    stub.release("of the second");
    await its.sessions.flush();
    expect((await its.sessions.listSummaries(KEY)).map(({ text }) => text)).toEqual(["of the second"]);
    expect(stub.requests[1]?.transcript).not.toContain("question 0");
  });

  test("while it waits is not judged by the figures of the one before", async () => {
    const stub = heldSummarizer();
    const its = await inBackground({
      summarizer: stub,
      maxConcurrentFolds: 1,
      trigger: anyOf(conversationThreshold(3), idleGap(300)),
    });
    const other = await its.sessions.createSession({ ...KEY, sessionId: "other" });
    await appendTurns({ ...its, session: other }, 3);
    await until(() => stub.requests.length === 1);
    for (const event of numbered(turns(3))) await its.sessions.appendEvent({ ...its, event, fold: false });
    // Due by the pause before this event: the others are of long ago.
    await its.sessions.appendEvent({ ...its, event: u("more", { id: "more" }) });
    await its.sessions.deleteSession(KEY);
    const anew = await its.sessions.createSession(KEY);
    await appendAll(its.sessions, anew, turns(2));
    stub.releaseAll();
    await its.sessions.flush();
    expect(stub.requests.filter(({ transcript }) => transcript.includes("question"))).toHaveLength(1);
    expect(await its.sessions.listSummaries(KEY)).toEqual([]);
  });
});

describe("a store that fails", () => {
  test("when the job reads it is logged without a word of its own, and the next append tries again", async () => {
    const stub = stubSummarizer();
    const store = new InterceptedService();
    const its = await inBackground({ summarizer: stub }, store);
    for (const event of numbered(turns(3))) await its.sessions.appendEvent({ ...its, event, fold: false });
    let reads = 0;
    store.intercepts.getSession = () => {
      if (++reads === 3) throw new Error("password=hunter2 question 1");
    };
    await appendTurns(its, 1, 3);
    await its.sessions.flush();
    // The appends read twice; the third is the job's.
    expect(its.warnings).toHaveLength(1);
    expect(its.warnings[0]).toContain(KEY.sessionId);
    expect(its.warnings[0]).not.toMatch(/hunter2|question/);
    await appendTurns(its, 1, 4);
    await its.sessions.flush();
    expect((await its.window()).at(0)).toBe("S");
  });

  test("for one session does not keep the others from being folded", async () => {
    const stub = stubSummarizer();
    const store = new InterceptedService();
    const its = await inBackground({ summarizer: stub, maxConcurrentFolds: 1 }, store);
    const other = await its.sessions.createSession({ ...KEY, sessionId: "other" });
    let isBroken = false;
    store.intercepts.getSession = ({ sessionId }) => {
      if (isBroken && sessionId === KEY.sessionId) throw new Error("broken");
    };
    for (const event of numbered(turns(3))) await its.sessions.appendEvent({ ...its, event, fold: false });
    store.intercepts.appendEvent = ({ session }) => {
      if (keyOf(session).sessionId === KEY.sessionId) isBroken = true;
    };
    await appendTurns(its, 1, 3).catch(() => undefined);
    await appendTurns({ ...its, session: other }, 3);
    await its.sessions.flush();
    expect(await its.sessions.listSummaries(other)).toHaveLength(1);
    expect(its.warnings.length).toBeGreaterThan(0);
  });

  test("when the summary is stored fails that fold, and the next one is another", async () => {
    const stub = stubSummarizer();
    const store = new InterceptedService();
    const its = await inBackground({ summarizer: stub }, store);
    let failures = 0;
    store.intercepts.appendEvent = ({ event }) => {
      if (event.actions?.summary !== undefined && failures++ === 0) throw new Error("disk full");
    };
    await appendTurns(its, 3);
    await its.sessions.flush();
    const failed = its.outcomes.flatMap(({ outcome }) =>
      outcome.kind === "failed" ? [outcome.error.code] : [],
    );
    expect(failed).toEqual(["commit-failed"]);
    expect(shown((await store.getSession(KEY))?.events ?? [])).toHaveLength(6);
    await appendTurns(its, 1, 3);
    await its.sessions.flush();
    expect((await its.window()).at(0)).toBe("S");
  });
});
