import { describe, expect, test } from "vitest";
import { a, call, res, u } from "../support/events.ts";
import { summarized } from "../support/folds.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const LOG = [
  u("question 0", { id: "u0" }),
  a("answer 0", { id: "a0" }),
  u("question 1", { id: "u1" }),
  call("c", { id: "call" }),
  res("c", "found", { id: "result" }),
  a("answer 1", { id: "a1" }),
];

describe("prune deletes nothing that the window shows", () => {
  test.each([
    { pin: "a0", stays: ["a0"] },
    { pin: "result", stays: ["call", "result"] },
  ])("$pin, pinned after the fold that covers it", async ({ pin, stays }) => {
    const { sessions, session, inner } = await decorated({
      mode: "manual",
      keep: { turns: 0 },
      summarizer: stubSummarizer(),
    });
    await appendAll(sessions, session, LOG);
    const { summary } = summarized(await sessions.summarize(KEY, { force: true }));
    expect(summary.coverage.direct).toEqual(LOG.map(({ id }) => id));
    await sessions.mark(KEY, { pin });
    const window = await sessions.getSession(KEY);
    const gone = LOG.map(({ id }) => id).filter((id) => !stays.includes(id ?? ""));
    expect(await sessions.prune(KEY, { summaryId: summary.id })).toEqual(gone);
    const stored = (await inner.getSession(KEY))?.events.map(({ id }) => id);
    expect(stored?.filter((id) => LOG.some((event) => event.id === id))).toEqual(stays);
    expect((await sessions.getSession(KEY))?.events).toEqual(window?.events);
    expect(window?.events.map(({ id }) => id)).toEqual(expect.arrayContaining(stays));
    // Once nothing shows them any more they go with the others.
    await sessions.mark(KEY, { unpin: pin });
    expect(await sessions.prune(KEY)).toEqual(stays);
  });
});
