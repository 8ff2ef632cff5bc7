import type { SummarizeOutcome, SummarizingSessionService } from "@sessionfold/core";
import { equal, errorOf, holds } from "../asserts/asserts.ts";
import { appendAll, fullOf, idsIn, idsOf, KEY } from "../kit/reading.ts";
import { turns } from "../kit/said.ts";
import { type ScriptedSummarizer, scriptedSummarizer } from "../kit/scripted-summarizer.ts";
import type { SummarizingKit } from "../kit/summarizing-kit.ts";
import { PATIENCE_MS, ticks } from "../kit/waiting.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { windowIds } from "./looking.ts";

/** How folds come to an end. */
export const CLOSE_RULES: readonly CheckedRule<SummarizingKit>[] = rulesOf("ends", {
  "flush-waits": {
    title: "flush waits for the folds that run at the call, until their summaries are committed",
    why: "Who flushes before a process ends would lose the summary that was nearly paid for.",
    async check(kit) {
      const { sessions, run } = await meanwhile(kit, (service) => service.flush());
      const { isEarly, outcome, done } = await run();
      equal(isEarly, false, "Whether flush ended while the model was writing");
      await done;
      equal(outcome.kind, "summarized", "The outcome of the run");
      equal((await sessions.listSummaries(KEY)).length, 1, "The number of summaries when flush has ended");
    },
  },
  "close-waits": {
    title: "close waits for the folds that run, and starts no more: neither by itself nor on request",
    why: "A summary that is written after the last line of a program is written to a store that is closed.",
    async check(kit) {
      const { sessions, run, summarizer } = await meanwhile(
        kit,
        (service) => service.close(),
        () => true,
      );
      const { isEarly, outcome, done } = await run();
      equal(isEarly, false, "Whether close ended while the model was writing");
      await done;
      equal(outcome.kind, "summarized", "The outcome of the run");
      await appendAll(sessions, turns(4, 4));
      const later = await sessions.summarize(KEY, { force: true });
      equal(later, { kind: "skipped", reason: "aborted" }, "The outcome of a fold on request after close");
      await sessions.flush();
      await ticks();
      equal(summarizer.requests.length, 1, "The number of folds that were begun in all");
    },
  },
  "close-goes-on": {
    title: "after close, appends, reads, marks and search still work, and a second close is fine",
    why: "The last answers of a server that is going down are answers like any other.",
    async check(kit) {
      const sessions = await kit.open();
      await appendAll(sessions, turns(3));
      await sessions.close();
      let found: readonly (readonly string[])[] = [];
      const error = await errorOf(async () => {
        await appendAll(sessions, turns(1, 3));
        await sessions.mark(KEY, { pin: "q0" });
        const results = await sessions.search(KEY, "question number 3");
        await sessions.close();
        await sessions.createSession({ ...KEY, sessionId: "another" });
        await sessions.deleteSession({ ...KEY, sessionId: "another" });
        found = [await idsOf(sessions), await windowIds(sessions), idsIn(results.map(({ event }) => event))];
      });
      holds(error === undefined, "Expected all calls but those that fold to work after close");
      equal(found, [idsIn(turns(4)), idsIn(turns(4)), ["q3"]], "The log, the window and what was found");
    },
  },
  "close-calls-off": {
    title: "close calls off what has not ended when its time is over: skipped, and nothing is written",
    why: "A process that has said that it is closed must not write, nor stay alive for a model.",
    async check(kit) {
      const summarizer = scriptedSummarizer(async ({ signal }) => {
        closed = sessions.close({ drainMs: 0 });
        // The deadline of the run ends this as well, where close does not.
        if (!signal.aborted)
          await new Promise((done) => signal.addEventListener("abort", done, { once: true }));
        return "too late";
      });
      let closed: Promise<void> | undefined;
      const sessions = await kit.open({ summarizer, timeoutMs: PATIENCE_MS, retry: false });
      await appendAll(sessions, turns(4));
      const outcome = await sessions.summarize(KEY, { force: true });
      equal(outcome, { kind: "skipped", reason: "aborted" }, "The outcome of a run that was called off");
      await closed;
      await ticks();
      const ids = (await fullOf(sessions)).events.map(({ id }) => id);
      equal(ids, idsIn(turns(4)), "The log");
    },
  },
});

/**
 * A folding service with four turns, and a run of it that calls something while its model writes, which then gives that
 * call the time to end.
 */
async function meanwhile(
  kit: SummarizingKit,
  call: (sessions: SummarizingSessionService) => Promise<void>,
  trigger: () => boolean = () => false,
): Promise<{
  readonly sessions: SummarizingSessionService;
  readonly summarizer: ScriptedSummarizer;
  readonly run: () => Promise<{
    isEarly: boolean;
    outcome: SummarizeOutcome;
    done: Promise<void> | undefined;
  }>;
}> {
  let [hasEnded, isEarly] = [false, false];
  let done: Promise<void> | undefined;
  const summarizer = scriptedSummarizer(async () => {
    done = call(sessions).then(() => {
      hasEnded = true;
    });
    await ticks();
    isEarly = hasEnded;
    return "S1";
  });
  const sessions = await kit.open({
    summarizer,
    trigger,
    timeoutMs: PATIENCE_MS,
    retry: false,
    limit: false,
  });
  for (const event of turns(4)) await sessions.appendEvent({ session: { ...KEY }, event, fold: false });
  const run = async () => {
    const outcome = await sessions.summarize(KEY, { force: true });
    return { isEarly, outcome, done };
  };
  return { sessions, summarizer, run };
}
