import {
  InMemorySessionService,
  type SessionStatistics,
  type WithSummariesOptions,
  withSummaries,
} from "@sessionfold/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { call, res, u } from "../support/events.ts";
import { conversationOf, histories } from "../support/histories.ts";
import { decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

test("figures that were kept up to date are those that a fresh look at the log gives", async () => {
  await fc.assert(
    fc.asyncProperty(histories(40), async (steps) => {
      const inner = new InMemorySessionService();
      const session = await inner.createSession(KEY);
      const seen: unknown[] = [];
      const options: WithSummariesOptions = {
        mode: "manual",
        trigger: (statistics) => seen.push({ ...statistics }) < 0,
        tokenCounter: (text) => text.length,
        summarizer: stubSummarizer(),
      };
      const kept = withSummaries(inner, options);
      for (const event of conversationOf(steps)) {
        await kept.appendEvent({ session, event });
        for (const scope of [undefined, "other"]) {
          seen.length = 0;
          await kept.summarize(KEY, { scope });
          await withSummaries(inner, options).summarize(KEY, { scope });
          expect(seen[0]).toEqual(seen[1]);
        }
      }
    }),
    { numRuns: Number(process.env.SESSIONFOLD_FUZZ_RUNS ?? 4000) / 20 },
  );
});

test("figures that were handed out stay what they were", async () => {
  const held: SessionStatistics[] = [];
  const { sessions, session } = await decorated({
    mode: "manual",
    trigger: (statistics) => held.push(statistics) < 0,
    tokenCounter: (text) => text.length,
    summarizer: stubSummarizer(),
  });
  await sessions.appendEvent({ session, event: u("go") });
  await sessions.appendEvent({ session, event: call("c") });
  await sessions.summarize(KEY);
  await sessions.appendEvent({ session, event: res("c", "found", { actions: { skipSummarization: true } }) });
  await sessions.summarize(KEY);
  expect(held.map(({ events }) => events)).toEqual([2, 1]);
  expect(held[1]?.tokens).toBe(2);
  expect(held[0]?.tokens).toBeGreaterThan(2);
});
