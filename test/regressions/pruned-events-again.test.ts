import { FoldedLog, InMemorySessionService, windowOf, withSummaries } from "@sessionfold/core";
import { expect, test } from "vitest";
import { u } from "../support/events.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

test("an event that was pruned and comes again places its summary where a fresh fold does", async () => {
  const inner = new InMemorySessionService();
  const key = { appName: "app", userId: "user", sessionId: "chat" };
  const service = withSummaries(inner, { summarizer: stubSummarizer(), keep: { turns: 1 }, mode: "manual" });
  await service.createSession(key);
  const said = [u("first", { id: "e0" }), u("pinned", { id: "e1", actions: { pinned: true } })];
  for (const event of [...said, u("last", { id: "e3" })]) await service.appendEvent({ session: key, event });
  await service.summarize(key, { force: true });
  expect(await service.prune(key)).toContain("e0");
  await service.getSession(key);
  await service.appendEvent({ session: key, event: u("first", { id: "e0" }) });
  const ids = (await service.getSession(key))?.events.map(({ id }) => id);
  const log = (await inner.getSession(key))?.events ?? [];
  expect(log.map(({ id }) => id)).toContain("e0");
  expect(ids).toEqual(windowOf(FoldedLog.of(log)).map(({ id }) => id));
});
