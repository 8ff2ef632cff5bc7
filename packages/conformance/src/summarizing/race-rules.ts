import type { SummarizeOutcome, SummarizingSessionService } from "@sessionfold/core";
import { equal, holds } from "../asserts/asserts.ts";
import { appendAll, fullOf, idsIn, idsOf, KEY } from "../kit/reading.ts";
import { agent, turns, user } from "../kit/said.ts";
import { scriptedSummarizer } from "../kit/scripted-summarizer.ts";
import { fold, type SummarizingKit } from "../kit/summarizing-kit.ts";
import { gate, PATIENCE_MS, ticks } from "../kit/waiting.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { coveredIds, windowIds } from "./looking.ts";

/** What happens while a model thinks. */
export const RACE_RULES: readonly CheckedRule<SummarizingKit>[] = rulesOf("races", {
  "run-joined": {
    title: "a session is summarised by one run at a time: who asks meanwhile gets that run's outcome",
    why: "Two calls for one summary cost twice, and one of both is thrown away.",
    async check(kit) {
      let second: Promise<SummarizeOutcome> | undefined;
      const summarizer = scriptedSummarizer(async (_, call) => {
        if (call > 1) return `S${call}`;
        second = sessions.summarize(KEY, { force: true });
        // Behind that call in the queue, so that the run is not over before it is asked.
        await windowIds(sessions);
        return "S1";
      });
      const sessions = await kit.open({ summarizer });
      await appendAll(sessions, turns(4));
      const { summary } = await fold(sessions);
      const joined = await second;
      equal(summarizer.requests.length, 1, "The number of calls of the model");
      equal(joined?.kind === "summarized" && joined.summary.id, summary.id, "The summary of who joined");
      equal((await sessions.listSummaries(KEY)).length, 1, "The number of summaries");
    },
  },
  "run-appends": {
    title: "appends while a model writes do not wait, are not lost and not covered",
    why: "A user who goes on talking must not wait for a summary, nor be forgotten by it.",
    async check(kit) {
      const more = [user("meanwhile", { id: "m0" }), agent("indeed", { id: "m1" })];
      const summarizer = scriptedSummarizer(async () => {
        await appendAll(sessions, more);
        return "S1";
      });
      const sessions = await kit.open({ summarizer, timeoutMs: PATIENCE_MS, retry: false });
      await appendAll(sessions, turns(4));
      const { summary } = await fold(sessions);
      equal(await idsOf(sessions), idsIn([...turns(4), ...more]), "The log");
      equal(await windowIds(sessions), [summary.id, "q3", "a3", "m0", "m1"], "The window");
      equal(summary.coverage.direct, idsIn(turns(3)), "What the summary covers");
      await appendAll(sessions, more);
      equal(await idsOf(sessions), idsIn([...turns(4), ...more]), "The log after the appends were repeated");
    },
  },
  "run-deleted": {
    title: "a run never reaches a session that was deleted, or made anew under its key",
    why: "A summary of the deleted conversation in the new one is what deleting should have prevented.",
    async check(kit) {
      const written = gate();
      const summarizer = scriptedSummarizer(async () => {
        await sessions.deleteSession(KEY);
        await sessions.createSession(KEY);
        await appendAll(sessions, turns(2));
        written.open();
        return "of the deleted one";
      });
      const sessions = await kit.open({ summarizer });
      await appendAll(sessions, turns(4));
      const outcome = await sessions.summarize(KEY, { force: true });
      await written.opened;
      await sessions.flush();
      equal(outcome.kind, "skipped", "The outcome of the run");
      equal(
        (await fullOf(sessions)).events.map(({ id }) => id),
        idsIn(turns(2)),
        "The log of the new session",
      );
      equal(await sessions.listSummaries(KEY), [], "Its summaries");
    },
  },
  "run-aborted": {
    title: "a caller's signal calls the run off: skipped, and nothing is written",
    why: "A request that was given up must not change the session after its end.",
    async check(kit) {
      const caller = new AbortController();
      const summarizer = scriptedSummarizer(() => {
        caller.abort();
        return "too late";
      });
      const sessions = await kit.open({ summarizer });
      await appendAll(sessions, turns(4));
      const outcome = await sessions.summarize(KEY, { force: true, signal: caller.signal });
      equal(outcome, { kind: "skipped", reason: "aborted" }, "The outcome");
      await sessions.flush();
      equal(
        (await fullOf(sessions)).events.map(({ id }) => id),
        idsIn(turns(4)),
        "The log",
      );
    },
  },
  "run-two-services": {
    title:
      "two folding services over one log see each other's events; of two runs at once one becomes effective",
    why: "Two workers that fold the same range may cost money, never correctness.",
    async check(kit) {
      const inner = await kit.inner();
      const two = kit.decorate(await kit.another(inner));
      let second: Promise<SummarizeOutcome> | undefined;
      const summarizer = scriptedSummarizer(async () => {
        second = two.summarize(KEY, { force: true });
        // Over a store that lets one of them fold at a time, that one waits for this one.
        await Promise.race([second, ticks()]);
        return "S of one";
      });
      const one = kit.decorate(inner, { summarizer });
      await one.createSession(KEY);
      for (const [at, event] of turns(4).entries()) {
        const [writer, reader] = at % 3 === 0 ? [one, two] : [two, one];
        await appendAll(writer, [event]);
        equal(await windowIds(reader), idsIn(turns(4)).slice(0, at + 1), "What the other service sees");
      }
      await one.summarize(KEY, { force: true });
      holds(second !== undefined, "Expected the summarizer to be called");
      holds((await second).kind !== "failed", "Expected the run of the other service not to fail");
      for (const sessions of [one, two]) {
        equal(await effective(sessions), 1, "The number of effective summaries");
        equal(await coveredIds(sessions), idsIn(turns(3)), "What they cover");
        equal((await windowIds(sessions)).slice(-2), ["q3", "a3"], "The end of the window");
        equal(await idsOf(sessions), idsIn(turns(4)), "The log");
      }
      equal(await windowIds(two), await windowIds(one), "The other one's window");
    },
  },
  "run-at-once": {
    title:
      "services over one log that append and fold at once lose nothing, double nothing, hide nothing unread",
    why: "In a deployment this is every busy session, and nobody sees what is missing.",
    async check(kit) {
      const inner = await kit.inner();
      const open = async () => kit.decorate(await kit.another(inner), { trigger: () => true });
      const workers = [await open(), await open()];
      await workers[0]?.createSession(KEY);
      const events = turns(12);
      await Promise.all(
        workers.map(async (sessions, worker) => {
          for (const event of events.filter((_, at) => at % 2 === worker)) {
            await appendAll(sessions, [event]);
            await kit.settle(sessions);
          }
        }),
      );
      const later = await open();
      const ids = idsIn(events).toSorted();
      equal((await idsOf(later)).toSorted(), ids, "The log");
      const shown = (await windowIds(later)).filter((id) => ids.includes(id));
      equal([...shown, ...(await coveredIds(later))].toSorted(), ids, "What is in the window or covered");
      holds((await later.listSummaries(KEY)).length > 0, "Expected the session to be folded");
    },
  },
  "fold-apart": {
    title: "summaries, marks, search and prune of a session know no other session",
    why: "Folding must not become a way around the key.",
    async check(kit) {
      const sessions = await kit.open();
      const others = (["appName", "userId", "sessionId"] as const).map((field) => ({
        ...KEY,
        [field]: "other",
      }));
      for (const key of others) {
        await sessions.createSession(key);
        await appendAll(sessions, turns(4), key);
      }
      await appendAll(sessions, [...turns(4), user("only here: marigold", { id: "here" })]);
      const { summary } = await fold(sessions);
      await sessions.mark(KEY, { pin: "q0" });
      for (const key of others) {
        equal(await windowIds(sessions, key), idsIn(turns(4)), "The window of another session");
        equal(await sessions.listSummaries(key), [], "The summaries of another session");
        equal(await sessions.getSummary(key), null, "The summary of another session");
        equal(await sessions.search(key, "marigold"), [], "What is found in another session");
        holds(
          await sessions.unfold(key, summary.id).then(
            () => false,
            () => true,
          ),
          "Expected a summary not to be unfolded through another session",
        );
      }
    },
  },
});

async function effective(sessions: SummarizingSessionService): Promise<number> {
  return (await sessions.listSummaryStatus(KEY)).filter(({ status }) => status === "effective").length;
}
