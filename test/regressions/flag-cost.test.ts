import type { EventActions } from "@sessionfold/core";
import { expect, test } from "vitest";
import { call, res, u } from "../support/events.ts";
import { decorated } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const ROUNDS = 2000;

test.each<[string, EventActions]>([
  ["skipped", { skipSummarization: true }],
  ["pinned", { pinned: true }],
])("2,000 rounds with a %s result cost no more than 4 times as much as 2,000 without", async (_, flags) => {
  await append({});
  const ratios: number[] = [];
  for (let run = 0; run < 5; run++) ratios.push((await append(flags)) / (await append({})));
  expect([...ratios].sort((x, y) => x - y)[2]).toBeLessThan(4);
});

/** Processor time that it takes to append so many rounds, in microseconds: who else works meanwhile does not count. */
async function append(actions: EventActions): Promise<number> {
  const { sessions, session } = await decorated({
    mode: "manual",
    trigger: ({ events }) => events < 0,
    tokenCounter: (text) => text.length,
    summarizer: stubSummarizer(),
  });
  session.events = Object.freeze([]) as unknown as typeof session.events;
  const start = process.cpuUsage();
  await sessions.appendEvent({ session, event: u("go") });
  for (let at = 0; at < ROUNDS; at++) {
    await sessions.appendEvent({ session, event: call(`c${at}`) });
    await sessions.appendEvent({ session, event: res(`c${at}`, "r".repeat(200), { actions }) });
  }
  const { user, system } = process.cpuUsage(start);
  return user + system;
}
