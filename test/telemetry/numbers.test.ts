import {
  type EventInput,
  isSummaryEvent,
  type RunEvent,
  type SessionEvent,
  type SummarizingSessionService,
  type WithSummariesOptions,
} from "@sessionfold/core";
import { countMessageTokens, isLogged, toTokenCounter } from "@sessionfold/core/engine";
import { expect, test } from "vitest";
import { a, call, numbered, res, s, u } from "../support/events.ts";
import { oneTokenACharacter, START, turns } from "../support/folds.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { only } from "./support.ts";

const counter = toTokenCounter(oneTokenACharacter);

async function session(
  conversation: readonly EventInput[],
  options: WithSummariesOptions,
): Promise<{ readonly sessions: SummarizingSessionService; readonly events: RunEvent[] }> {
  const events: RunEvent[] = [];
  const { sessions, session: made } = await decorated({
    summarizer: stubSummarizer("In short."),
    mode: "manual",
    tokenCounter: oneTokenACharacter,
    onEvent: (event) => events.push(event),
    ...options,
  });
  await appendAll(sessions, made, numbered(conversation, START));
  return { sessions, events };
}

/** The window as a reader gets it, without lines that stand in no log. */
async function windowNow(sessions: SummarizingSessionService): Promise<readonly SessionEvent[]> {
  const shown = (await sessions.getSession(KEY))?.events ?? [];
  return shown.filter(isLogged);
}

function tokensOf(window: readonly SessionEvent[]): number {
  return window.reduce((sum, { message }) => sum + (message ? countMessageTokens(message, counter) : 0), 0);
}

test("E18: eleven messages, seven of them summarised, become five", async () => {
  const conversation = [s("Be brief."), ...turns(3), a("And one more thing."), u("q"), a("a"), a("b")];
  expect(conversation).toHaveLength(11);
  const { sessions, events } = await session(conversation, { keep: { events: 3 } });
  await sessions.summarize(KEY, { force: true });
  expect(only(events, "committed")).toMatchObject({
    before: { events: 11 },
    after: { events: 5 },
    foldedEvents: 7,
    keptEvents: 4,
  });
});

test("the figures are those of the windows before and after, fold upon fold", async () => {
  const pinned = { actions: { pinned: true } };
  const skipped = { actions: { skipSummarization: true } };
  const conversation = [
    s("System."),
    ...turns(2),
    u("Remember this: gate 7.", pinned),
    a("Noted."),
    u("Look it up."),
    call("c1"),
    res("c1"),
    a("Found."),
    u("Not for the record.", skipped),
    a("Of course."),
    ...turns(3, 10),
  ];
  const { sessions, events } = await session(conversation, { keep: { turns: 2 } });
  for (let round = 0; round < 4; round++) {
    const before = await windowNow(sessions);
    const summariesBefore = before.filter(isSummaryEvent);
    events.length = 0;
    expect(await sessions.summarize(KEY, { force: true })).toMatchObject({ kind: "summarized" });
    const after = await windowNow(sessions);
    const shownAfter = new Set(after.map(({ id }) => id));
    const left = before.filter(({ id }) => !shownAfter.has(id));
    const [summary] = (await sessions.listSummaries(KEY)).slice(-1);
    const committed = only(events, "committed");
    expect(committed).toMatchObject({
      summaryId: summary?.id,
      version: round + 1,
      before: { events: before.length, tokens: tokensOf(before) },
      after: { events: after.length, tokens: tokensOf(after) },
      foldedEvents: left.length,
      keptEvents: after.length - 1,
      foldedTokens: tokensOf(left),
      summaryTokens: "In short.".length,
      compressionRatio: ((before.length - after.length) / before.length) * 100,
    });
    const log = (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
    const read = log.filter(({ id }) => summary?.coverage.direct.includes(id));
    expect(only(events, "started")).toMatchObject({
      events: read.length,
      summaries: summariesBefore.length,
      tokens: tokensOf(read) + summariesBefore.length * "In short.".length,
    });
    await appendAll(
      sessions,
      await present(sessions),
      numbered(turns(2, 20 + round), START + 1e6 * (round + 1)).map((event, at) => ({
        ...event,
        id: `more-${round}-${at}`,
      })),
    );
  }
});

async function present(sessions: SummarizingSessionService) {
  const found = await sessions.getSession(KEY);
  if (found === null) throw new Error("gone");
  return found;
}
