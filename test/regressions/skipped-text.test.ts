import {
  extractive,
  type Summarizer,
  type SummarizerRequest,
  type SummarizingSessionService,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { summarized } from "../support/folds.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const SECRET = "My password is Hunter2 and my cat is named Tom, please remember.";
const FIRST = [
  u(SECRET, { id: "e1" }),
  a("I will remember your cat Tom and the rest of it.", { id: "e2" }),
  u("We talked about the trip to Lisbon in May with Anna.", { id: "e3" }),
  a("Yes, the trip to Lisbon in May with Anna is booked.", { id: "e4" }),
];
const MORE = [
  u("The hotel in Porto costs 120 euros a night in June.", { id: "e5" }),
  a("The hotel in Porto is noted with 120 euros a night.", { id: "e6" }),
];
const options = { mode: "manual", keep: { turns: 0 }, maxSummaryLength: null } as const;

/** Everything that a summarizer could get to see. */
function seenIn(request: SummarizerRequest | undefined): string {
  const texts = (request?.events ?? []).map(({ message }) => message?.text);
  const history = (request?.history() ?? []).map(({ message }) => message?.text);
  return JSON.stringify([texts, history, request?.transcript, request?.blocks]);
}

/** The same summarizer, and all that it was shown. */
function watched(inner: Summarizer): Summarizer & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    ...inner,
    seen,
    summarize: (request) => {
      seen.push(seenIn(request));
      return inner.summarize(request);
    },
  };
}

async function windowIds(sessions: SummarizingSessionService): Promise<readonly string[]> {
  return ((await sessions.getSession(KEY))?.events ?? []).map(({ id }) => id);
}

describe.each([
  ["rolling", extractive()],
  ["whole", extractive()],
  ["whole", stubSummarizer(({ transcript }) => transcript)],
] as const)("text that is skipped after it was folded, %s", (strategy, inner) => {
  test("is never shown to the summarizer again, stays covered, and comes back into no window twice", async () => {
    const summarizer = watched(inner);
    const { sessions, session } = await decorated({ ...options, strategy, summarizer });
    await appendAll(sessions, session, FIRST);
    const first = summarized(await sessions.summarize(KEY, { force: true })).summary;
    expect(summarizer.seen[0]).toContain("Hunter2");

    await sessions.mark(KEY, { skip: "e1" });
    expect(await windowIds(sessions)).toEqual([first.id]);
    await appendAll(sessions, session, MORE);
    const second = summarized(await sessions.summarize(KEY, { force: true })).summary;
    expect(summarizer.seen[1]).not.toContain("Hunter2");
    expect(summarizer.seen[1]).toContain("Porto");
    expect(second.text).not.toContain("Hunter2");
    expect(await windowIds(sessions)).toEqual([second.id]);
    const covered = (await sessions.unfold(KEY, second.id)).map(({ id }) => id);
    expect(covered).toEqual(["e1", "e2", "e3", "e4", "e5", "e6"]);

    await sessions.mark(KEY, { unskip: "e1" });
    expect(await windowIds(sessions)).toEqual([second.id]);
  });
});

test("whole does not read again what was pinned since: it stands in the window itself", async () => {
  const stub = stubSummarizer();
  const { sessions, session } = await decorated({ ...options, strategy: "whole", summarizer: stub });
  await appendAll(sessions, session, FIRST);
  summarized(await sessions.summarize(KEY, { force: true }));
  await sessions.mark(KEY, { pin: "e1" });
  await appendAll(sessions, session, MORE);
  const { summary } = summarized(await sessions.summarize(KEY, { force: true }));
  expect(stub.requests[1]?.events.map(({ id }) => id)).toEqual(["e2", "e3", "e4", "e5", "e6"]);
  expect(seenIn(stub.requests[1])).not.toContain("Hunter2");
  expect([...(await windowIds(sessions))].sort()).toEqual(["e1", summary.id].sort());
  await sessions.mark(KEY, { unpin: "e1" });
  expect(await windowIds(sessions)).toEqual([summary.id]);
});
