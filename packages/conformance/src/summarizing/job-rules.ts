import {
  conversationThreshold,
  eventCountThreshold,
  type SessionKey,
  type SummarizeOutcome,
  type SummarizingSessionService,
  type WithSummariesOptions,
} from "@sessionfold/core";
import { equal, errorOf, holds } from "../asserts/asserts.ts";
import { appendAll, idsIn, idsOf, KEY } from "../kit/reading.ts";
import { turns } from "../kit/said.ts";
import { type ScriptedSummarizer, scriptedSummarizer } from "../kit/scripted-summarizer.ts";
import type { SummarizingKit } from "../kit/summarizing-kit.ts";
import { gate, PATIENCE_MS, ticks } from "../kit/waiting.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { windowIds } from "./looking.ts";

/** When sessions fold by themselves, and who waits for it. */
export const JOB_RULES: readonly CheckedRule<SummarizingKit>[] = rulesOf("jobs", {
  "job-waits": {
    title:
      "in the background no append waits for the model; inline the append that is due does; manually none folds",
    why: "A user who waits for a summary at every tenth answer is what the background is for.",
    async check(kit) {
      const model = gate();
      const summarizer = scriptedSummarizer(async () => {
        if (kit.mode === "background") await model.opened;
        return "S1";
      });
      const { sessions, outcomes } = await watched(kit, { summarizer, trigger: conversationThreshold(3) });
      await appendAll(sessions, turns(3));
      equal(
        outcomes.length,
        kit.mode === "inline" ? 1 : 0,
        "The number of runs that ended before the append did",
      );
      await appendAll(sessions, turns(1, 3));
      if (kit.mode === "background") {
        const session = await sessions.getSession({ ...KEY, wait: false });
        equal(idsIn(session?.events ?? []), idsIn(turns(4)), "The window while the model writes");
        equal(outcomes, [], "The runs that ended while the model writes");
      }
      model.open();
      await sessions.flush();
      equal(
        (await sessions.listSummaries(KEY)).length,
        kit.mode === "manual" ? 0 : 1,
        "The number of summaries",
      );
      equal(await idsOf(sessions), idsIn(turns(4)), "The log");
    },
  },
  "job-not-now": {
    title: "an append that is not to fold starts no fold, even where the session is due; a later one does",
    why: "Whoever appends amid a run of an agent, or imports a thousand events, decides when the summary is paid.",
    async check(kit) {
      const { sessions, summarizer } = await watched(kit, { trigger: conversationThreshold(3) });
      for (const event of turns(5)) await sessions.appendEvent({ session: { ...KEY }, event, fold: false });
      await sessions.flush();
      equal(summarizer.requests.length, 0, "The number of folds at appends that were not to fold");
      await appendAll(sessions, turns(1, 5));
      await sessions.flush();
      const isFolded = (await sessions.listSummaries(KEY)).length > 0;
      equal(isFolded, kit.mode !== "manual", "Whether a later append has folded");
    },
  },
  "job-alone": {
    title: "however many appends meet, a session is never summarised by two runs at once",
    why: "Each append of a busy session would pay for the same summary.",
    async check(kit) {
      let [running, most] = [0, 0];
      const summarizer = scriptedSummarizer(async (_, call) => {
        most = Math.max(most, ++running);
        await ticks(3);
        running--;
        return `S${call}`;
      });
      const { sessions } = await watched(kit, { summarizer, trigger: () => true, keep: { turns: 0 } });
      for (let at = 0; at < 3; at++) {
        await Promise.all(
          turns(5, at * 5).map((event) => sessions.appendEvent({ session: { ...KEY }, event })),
        );
        if (kit.mode === "manual") await Promise.all([1, 2, 3].map(() => sessions.summarize(KEY)));
      }
      await sessions.flush();
      equal(most, 1, "The most runs at once");
      equal((await idsOf(sessions)).toSorted(), idsIn(turns(15)).toSorted(), "The log");
    },
  },
  "job-bounded": {
    title: "in the background no more sessions are folded at once than is said, and all of them in the end",
    why: "Two hundred sessions that become due together are two hundred calls of the model in one second.",
    async check(kit) {
      let [running, most] = [0, 0];
      const summarizer = scriptedSummarizer(async () => {
        most = Math.max(most, ++running);
        await ticks(3);
        running--;
        return "S1";
      });
      const options = { summarizer, trigger: conversationThreshold(3), maxConcurrentFolds: 2 };
      const { sessions } = await watched(kit, options);
      const keys = ["s1", "s2", "s3", "s4", "s5"].map((sessionId) => ({ ...KEY, sessionId }));
      const say = async (key: SessionKey): Promise<void> => {
        await sessions.createSession(key);
        await appendAll(sessions, turns(4), key);
        if (kit.mode === "manual") await sessions.summarize(key);
      };
      await Promise.all(keys.map(say));
      await sessions.flush();
      if (kit.mode === "background") holds(most <= 2, `Expected at most 2 folds at once, got ${most}`);
      for (const key of keys) equal((await sessions.listSummaries(key)).length, 1, "The number of summaries");
    },
  },
  "job-failed": {
    title: "a fold that fails by itself fails no append, and the next append finds the session again",
    why: "A provider that is down for a minute must neither stop the talk nor end all summaries of it.",
    async check(kit) {
      let isDown = true;
      const summarizer = scriptedSummarizer(() => {
        if (isDown) throw new Error("model down");
        return "S1";
      });
      const { sessions, outcomes } = await watched(kit, { summarizer, trigger: conversationThreshold(3) });
      const error = await errorOf(() => appendAll(sessions, turns(4)));
      equal(error, undefined, "What an append was rejected with while the model was down");
      if (kit.mode === "manual") await sessions.summarize(KEY);
      await sessions.flush();
      equal(outcomes.at(0)?.kind, "failed", "The outcome while the model was down");
      equal(await idsOf(sessions), idsIn(turns(4)), "The log");
      isDown = false;
      await appendAll(sessions, turns(1, 4));
      await kit.settle(sessions);
      equal((await sessions.listSummaries(KEY)).length, 1, "The number of summaries afterwards");
    },
  },
  "job-told": {
    title: "every attempt is told to `onOutcome`, and the end of each fold in the background to `waitUntil`",
    why: "A platform that stops a process once it has answered knows of a fold by that alone.",
    async check(kit) {
      const told: unknown[] = [];
      const ends: Promise<void>[] = [];
      const { sessions } = await watched(kit, {
        trigger: conversationThreshold(3),
        onOutcome: ({ kind }, { session, automatic, scope }) => told.push([kind, session, automatic, scope]),
        waitUntil: (done) => ends.push(done),
      });
      await appendAll(sessions, turns(4));
      if (kit.mode === "background") holds(ends.length > 0, "Expected `waitUntil` to be told of the fold");
      else equal(ends.length, 0, "The number of folds in the background");
      await Promise.all(ends);
      const isAutomatic = kit.mode !== "manual";
      if (!isAutomatic) await sessions.summarize(KEY);
      equal((await sessions.listSummaries(KEY)).length, 1, "The number of summaries");
      const summarized = told.filter((each) => Array.isArray(each) && each[0] === "summarized");
      equal(
        summarized,
        [["summarized", KEY, isAutomatic, undefined]],
        "What `onOutcome` was told of the summary",
      );
    },
  },
  "read-limit": {
    title:
      "past `limit` a read of the window waits for the fold under way; with `wait: false`, or of the log, none does",
    why: "A session that grows faster than it folds would be refused by the provider at the next turn.",
    async check(kit) {
      const { sessions, model, outcomes } = await heldAtLimit(kit, {});
      const unfolded = idsIn(turns(4));
      for (const request of [
        { ...KEY, wait: false },
        { ...KEY, view: "full" as const },
      ]) {
        equal(
          idsIn((await sessions.getSession(request))?.events ?? []),
          unfolded,
          "A read that does not wait",
        );
        equal(outcomes, [], "The runs that ended before a read that does not wait");
      }
      const read = windowIds(sessions);
      // By then, one that does not wait has read what there is.
      await ticks();
      model.open();
      const window = await read;
      await sessions.flush();
      const [summary] = await sessions.listSummaries(KEY);
      if (kit.mode === "background") equal(window.slice(0, 1), [summary?.id], "The window past the limit");
      else equal(window, unfolded, "The window where nothing folds in the background");
    },
  },
  "read-limit-over": {
    title: "such a read waits no longer than `limitWaitMs`, then hands out the unfolded window",
    why: "A provider that hangs must cost a summary, not the answer.",
    async check(kit) {
      const { sessions, model, outcomes } = await heldAtLimit(kit, { limitWaitMs: 1 });
      equal(await windowIds(sessions), idsIn(turns(4)), "The window after the wait");
      equal(outcomes, [], "The runs that ended before the read did");
      model.open();
      await sessions.flush();
    },
  },
});

/** A folding service with an empty session whose runs, and whose summarizer's requests, are watched. */
async function watched(
  kit: SummarizingKit,
  options: WithSummariesOptions,
): Promise<{
  readonly sessions: SummarizingSessionService;
  readonly summarizer: ScriptedSummarizer;
  /** The outcomes of runs that asked the summarizer and ended. */
  readonly outcomes: SummarizeOutcome[];
}> {
  const outcomes: SummarizeOutcome[] = [];
  const summarizer = (options.summarizer as ScriptedSummarizer | undefined) ?? scriptedSummarizer();
  const sessions = await kit.open({
    timeoutMs: PATIENCE_MS,
    retry: false,
    breaker: false,
    limit: false,
    onOutcome: (outcome) => {
      if (outcome.kind !== "skipped") outcomes.push(outcome);
    },
    ...options,
    summarizer,
  });
  return { sessions, summarizer, outcomes };
}

/**
 * A session of four turns that is past its limit. In the background it is being folded, by a model that waits for its
 * gate; in other modes it is not due.
 */
async function heldAtLimit(kit: SummarizingKit, options: WithSummariesOptions) {
  const model = gate();
  const summarizer = scriptedSummarizer(async () => {
    await model.opened;
    return "S1";
  });
  const trigger = kit.mode === "background" ? conversationThreshold(4) : () => false;
  const limit = eventCountThreshold(4);
  const { sessions, outcomes } = await watched(kit, { summarizer, trigger, limit, ...options });
  await appendAll(sessions, turns(4));
  return { sessions, model, outcomes };
}
