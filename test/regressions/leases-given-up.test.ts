import { type SessionKey, withSummaries } from "@sessionfold/core";
import { SqliteSessionService } from "@sessionfold/sqlite";
import { expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const key = { appName: "app", userId: "user", sessionId: "chat" };
const other = { ...key, sessionId: "other" };
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a session stays known until the store has answered one who gave up while it took the lease", async () => {
  const store = new SqliteSessionService(":memory:");
  let answer: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  let isLeased = false;
  let atOnce = 0;
  let most = 0;
  const inner = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return async (request: SessionKey) => {
        const isRead = (name === "getSession" || name === "readFolded") && request.sessionId === "chat";
        if (isRead) most = Math.max(most, ++atOnce);
        if (isRead && isLeased) {
          isLeased = false;
          reach();
          await held;
        }
        const told: unknown = await (value as (asked: unknown) => unknown).call(target, request);
        if (isRead) atOnce--;
        isLeased ||= name === "acquireLease";
        return told;
      };
    },
  });
  const options = { summarizer: stubSummarizer(), keep: { turns: 1 }, mode: "manual" } as const;
  const service = withSummaries(inner, { ...options, maxCachedSessions: 1 });
  await service.createSession(other);
  await service.createSession(key);
  for (let turn = 0; turn < 3; turn++)
    for (const event of [u(`Question ${turn}`), a(`Answer ${turn}`)])
      await service.appendEvent({ session: key, event });
  const controller = new AbortController();
  const outcome = service.summarize(key, { force: true, signal: controller.signal });
  await reached;
  controller.abort();
  expect((await outcome).kind).toBe("skipped");
  await service.getSession(other);
  const read = service.getSession(key);
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  expect(most).toBe(1);
  answer();
  expect((await read)?.events).toHaveLength(6);
  await service.close();
  await store.close();
});
