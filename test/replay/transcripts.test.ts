import {
  approximateCounter,
  conversationThreshold,
  eventCountThreshold,
  InMemorySessionService,
  isConversationEvent,
  presets,
  SessionSummarizer,
  type SessionSummarizerOptions,
  tokenThreshold,
  withSummaries,
} from "@sessionfold/core";
import { expect, test } from "vitest";
import { requestProblems } from "../support/provider-rules.ts";
import { hasSet, loadSet, SETS } from "../support/shared-data.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const quick = stubSummarizer("A summary.");

/**
 * How real transcripts are folded. The counter is approximate, since exactness is not what is tested here, and where a
 * policy folds every few events, a stub writes: the extractive summarizer would read each meeting a hundred times.
 */
const POLICIES: Readonly<Record<string, SessionSummarizerOptions>> = {
  tokens: { trigger: tokenThreshold(1500), keep: { turns: 4, maxTokens: 700 } },
  events: { trigger: eventCountThreshold(12), keep: { events: 5, align: "round" }, summarizer: quick },
  turns: { ...presets.trpcAgent({ turns: 3, keepEvents: 4 }), summarizer: quick },
  everything: { trigger: conversationThreshold(2), keep: { turns: 0 }, summarizer: quick },
};

type Transcript = Awaited<ReturnType<typeof loadSet>>[number];

/** Replays a transcript, looks at the session after every event, and tells how often it was folded. */
async function replay(transcript: Transcript, policy: SessionSummarizerOptions): Promise<number> {
  const summarizer = new SessionSummarizer({ ...policy, tokenCounter: approximateCounter() });
  const failures: string[] = [];
  const sessions = withSummaries(new InMemorySessionService(), {
    summarizer,
    mode: "inline",
    onOutcome: (outcome) => {
      if (outcome.kind === "failed") failures.push(outcome.error.message);
    },
    logger: {
      warn: (message) => {
        throw new Error(message);
      },
    },
  });
  const key = { appName: "replay", userId: "user", sessionId: transcript.id };
  const session = await sessions.createSession(key);
  const appended: string[] = [];
  let seen = -1;
  const raw: string[] = [];
  for (const event of transcript.events) {
    appended.push((await sessions.appendEvent({ session, event })).id);
    const window = (await sessions.getSession(key))?.events ?? [];
    const messages = window.flatMap(({ message }) => (message === undefined ? [] : [message]));
    const problems = requestProblems(messages, { openRoundLast: true });
    if (problems.length > 0)
      expect.fail(`${transcript.id} after event ${appended.length}: ${problems.join("; ")}`);
    const news = (await sessions.getSession({ ...key, view: "full", afterSeq: seen }))?.events ?? [];
    seen = news.at(-1)?.seq ?? seen;
    raw.push(...news.filter(isConversationEvent).map(({ id }) => id));
  }
  expect(raw).toEqual(appended);
  expect(failures).toEqual([]);
  const summaries = await sessions.listSummaryStatus(key);
  const window = new Set((await sessions.getSession(key))?.events.map(({ id }) => id));
  const covered = new Map<string, number>();
  for (const { summary, status } of summaries) {
    if (status !== "effective") continue;
    for (const { id } of await sessions.unfold(key, summary.id)) covered.set(id, (covered.get(id) ?? 0) + 1);
  }
  const full = (await sessions.getSession({ ...key, view: "full" }))?.events ?? [];
  for (const event of full.filter(isConversationEvent)) {
    const hasContent =
      event.message?.type === "tool" || event.message?.text.trim() !== "" || window.has(event.id);
    if (hasContent)
      expect((covered.get(event.id) ?? 0) + (window.has(event.id) ? 1 : 0)).toBeGreaterThanOrEqual(1);
    expect(covered.get(event.id) ?? 0).toBeLessThanOrEqual(1);
  }
  return summaries.length;
}

for (const set of SETS) {
  test.skipIf(!hasSet(set))(
    `every ${set} transcript, replayed in full, keeps the invariants after every event`,
    async () => {
      const transcripts = await loadSet(set);
      let folds = 0;
      for (const [at, transcript] of transcripts.entries()) {
        // Every session goes through one policy in turn, so that the whole set sees all of them.
        const names = Object.keys(POLICIES);
        const policies = transcripts.length < 12 ? names : [names[at % names.length] ?? "tokens"];
        for (const name of policies) folds += await replay(transcript, POLICIES[name] ?? {});
      }
      expect(folds).toBeGreaterThan(transcripts.length / 2);
    },
  );
}
