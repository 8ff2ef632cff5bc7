import { withSummaries } from "@sessionfold/core";
import { SqliteSessionService } from "@sessionfold/sqlite";
import { expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

test("the log behind a position is whole also where only what the window needs was read", async () => {
  const store = new SqliteSessionService(":memory:");
  const key = { appName: "app", userId: "user", sessionId: "chat" };
  const options = { summarizer: stubSummarizer(), keep: { turns: 1 }, mode: "manual" } as const;
  const first = withSummaries(store, options);
  await first.createSession(key);
  for (let turn = 0; turn < 5; turn++)
    for (const event of [u(`Question ${turn}`), a(`Answer ${turn}`)])
      await first.appendEvent({ session: key, event });
  await first.summarize(key, { force: true });
  const second = withSummaries(store, options);
  await second.getSession(key);
  const told = await second.getSession({ ...key, view: "full", afterSeq: 3 });
  expect(told?.events.map(({ seq }) => seq)).toEqual([4, 5, 6, 7, 8, 9, 10]);
  await store.close();
});
