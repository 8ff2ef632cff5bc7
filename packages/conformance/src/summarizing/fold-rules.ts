import { conversationThreshold, isSummaryEvent, SessionSummary } from "@sessionfold/core";
import { equal, holds } from "../asserts/asserts.ts";
import { appendAll, asJson, fullOf, idsIn, idsOf, KEY, logOf } from "../kit/reading.ts";
import { calls, lines, result, turns, user } from "../kit/said.ts";
import { scriptedSummarizer } from "../kit/scripted-summarizer.ts";
import { fold, type SummarizingKit } from "../kit/summarizing-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { coveredIds, windowIds, windowOf } from "./looking.ts";

/** Two turns with tool rounds between their question and their answer. */
const WITH_TOOLS = [
  ...turns(2),
  user("look it up", { id: "q2" }),
  calls(["c1", "c2"], { id: "k2" }),
  result("c2", { id: "r2b" }),
  result("c1", { id: "r2a" }),
  ...turns(1, 2).slice(1),
  ...turns(3, 3),
];

/** What a fold does to the log and to the window. */
export const FOLD_RULES: readonly CheckedRule<SummarizingKit>[] = rulesOf("folds", {
  "fold-log-kept": {
    title: "folds leave the log as it is and add themselves to it as events",
    why: "Nothing that was said may be lost for having been summarised.",
    async check(kit) {
      const sessions = await kit.open({ trigger: () => true });
      for (const [at, event] of WITH_TOOLS.entries()) {
        await appendAll(sessions, [event]);
        await kit.settle(sessions);
        equal(await idsOf(sessions), idsIn(WITH_TOOLS).slice(0, at + 1), `The log after append ${at}`);
      }
      const summaries = await sessions.listSummaries(KEY);
      holds(summaries.length > 1, "Expected the session to be folded more than once");
      const stored = (await fullOf(sessions)).events.filter(isSummaryEvent);
      equal(
        stored.map(({ actions }) => SessionSummary.fromJSON(actions.summary).toJSON()),
        summaries.map((summary) => summary.toJSON()),
        "The summaries in the log",
      );
      equal(idsIn(stored), idsIn(summaries), "The ids of their events");
    },
  },
  "fold-covered-once": {
    title: "every event is in the window, or covered by exactly one effective summary that read it",
    why: "An event in neither is forgotten; one in both is told twice.",
    async check(kit) {
      const summarizer = scriptedSummarizer();
      const sessions = await kit.open({ trigger: () => true, strategy: "blocks", summarizer });
      for (const event of WITH_TOOLS) {
        await appendAll(sessions, [event]);
        await kit.settle(sessions);
        const covered = await coveredIds(sessions);
        const known = [...covered, ...(await windowIds(sessions))].filter((id) => !id.startsWith("k2:"));
        const ids = await idsOf(sessions);
        // Until all results are in, a call that waits stands at the end.
        equal(
          known.filter((id) => ids.includes(id)).toSorted(),
          ids.toSorted(),
          "What is covered or in the window",
        );
        const read = summarizer.requests.flatMap(({ events }) => idsIn(events));
        equal(
          covered.filter((id) => !read.includes(id)),
          [],
          "What is covered and was never read",
        );
      }
      holds((await coveredIds(sessions)).length > 0, "Expected the session to be folded");
    },
  },
  "fold-place": {
    title: "a summary stands as a user's line where the first event it covers stood, behind the system's",
    why: "Told at the end, the past would look newer than the question.",
    async check(kit) {
      const sessions = await kit.open();
      await appendAll(sessions, [
        { id: "s0", author: "system", message: { role: "system", content: "Be brief." } },
        ...turns(4),
      ]);
      const { summary } = await fold(sessions);
      equal(await windowIds(sessions), ["s0", summary.id, "q3", "a3"], "The window");
      const message = (await windowOf(sessions))[1]?.message;
      equal(message?.type, "human", "The kind of the summary's message");
      holds(message?.text.includes(summary.text) === true, "Expected the message to hold the summary's text");
    },
  },
  "fold-keep": {
    title: "what keep asks for stays verbatim, and so do the pins and the user's message in progress",
    why: "The model works on the latest turns; in a summary their wording is gone.",
    async check(kit) {
      const sessions = await kit.open({ keep: { turns: 2 } });
      await appendAll(sessions, turns(5));
      await sessions.mark(KEY, { pin: "a1" });
      const last = user("and now?", { id: "last" });
      await appendAll(sessions, [last]);
      await fold(sessions);
      const shown = new Map((await windowOf(sessions)).map((event) => [event.id, event]));
      for (const event of (await logOf(sessions)).filter(({ id }) =>
        ["a1", "q4", "a4", "last"].includes(id),
      )) {
        const found = shown.get(event.id);
        holds(found !== undefined, `Expected "${event.id}" to stay in the window`);
        equal(asJson(found), asJson(event), `"${event.id}" in the window`);
      }
      holds(!shown.has("q0"), "Expected the first turn to be folded");
    },
  },
  "fold-figures": {
    title: "a summary's figures are those of the window before and after it",
    why: "Whoever decides by the ratio, or bills by it, must be able to trust it.",
    async check(kit) {
      const sessions = await kit.open();
      await appendAll(sessions, turns(6));
      for (const more of [turns(0), turns(3, 6)]) {
        await appendAll(sessions, more);
        const before = (await windowIds(sessions)).length;
        const { summary } = await fold(sessions);
        const after = (await windowIds(sessions)).length;
        const listed = (await sessions.listSummaries(KEY)).at(-1);
        for (const each of [summary, listed, await sessions.getSummary(KEY)]) {
          equal(
            [each?.originalEventCount, each?.compressedEventCount],
            [before, after],
            "The numbers of events",
          );
          equal(each?.compressionRatio, ((before - after) / before) * 100, "The ratio");
        }
      }
    },
  },
  "fold-mode": {
    title: "a session that is due folds by itself, at the append or soon after it; never in manual mode",
    why: "Manual means that somebody else decides; automatic, that nobody has to.",
    async check(kit) {
      const sessions = await kit.open({ trigger: conversationThreshold(3) });
      await appendAll(sessions, turns(4));
      if (kit.mode !== "inline") await sessions.flush();
      const count = (await sessions.listSummaries(KEY)).length;
      if (kit.mode === "manual") {
        equal(count, 0, "The number of summaries that nobody asked for");
        equal((await sessions.summarize(KEY)).kind, "summarized", "The outcome on request");
      } else holds(count > 0, "Expected a session that is due to fold by itself");
    },
  },
  "fold-tokens-once": {
    title: "each event is tokenised at most once, however often the session is read and folded",
    why: "Counting anew at every turn costs more than the model, and more with every turn.",
    async check(kit) {
      const counted = new Map<string, number>();
      const sessions = await kit.open({
        keep: { turns: 2, maxTokens: 1000 },
        tokenCounter: (text) => {
          counted.set(text, (counted.get(text) ?? 0) + 1);
          return text.length;
        },
      });
      for (let at = 0; at < 12; at++) {
        await appendAll(sessions, lines(3, at * 3));
        await windowIds(sessions);
        if (at % 4 === 3) await sessions.summarize(KEY, { force: true });
        else await sessions.summarize(KEY);
      }
      const often = [...counted].filter(([text, times]) => text.startsWith("line number") && times > 1);
      equal(often, [], "Lines that were counted more than once, and how often");
      holds(counted.size > 0, "Expected the session's own counter to be asked");
    },
  },
  "fold-again": {
    title: "another service over the same log shows the same window and the same summaries",
    why: "The window is a function of the log: a restart, or a second process, must change nothing.",
    async check(kit) {
      const inner = await kit.inner();
      const one = kit.decorate(inner);
      await one.createSession(KEY);
      await appendAll(one, WITH_TOOLS.slice(0, 8));
      await fold(one);
      await appendAll(one, WITH_TOOLS.slice(8));
      await one.mark(KEY, { pin: "q0" });
      await fold(one);
      const two = kit.decorate(await kit.another(inner));
      equal((await windowOf(two)).map(asJson), (await windowOf(one)).map(asJson), "The other one's window");
      equal(await statusOf(two), await statusOf(one), "The other one's summaries");
      equal((await fullOf(two)).events.map(asJson), (await fullOf(one)).events.map(asJson), "Its log");
    },
  },
});

async function statusOf(sessions: Awaited<ReturnType<SummarizingKit["open"]>>): Promise<readonly unknown[]> {
  return (await sessions.listSummaryStatus(KEY)).map(({ summary, status }) => [summary.toJSON(), status]);
}
