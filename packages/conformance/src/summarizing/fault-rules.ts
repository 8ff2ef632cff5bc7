import { equal, errorOf, holds } from "../asserts/asserts.ts";
import { faultyService } from "../kit/faulty-service.ts";
import { appendAll, asJson, fullOf, idsIn, idsOf, KEY } from "../kit/reading.ts";
import { turns, user } from "../kit/said.ts";
import { scriptedSummarizer } from "../kit/scripted-summarizer.ts";
import { fold, type SummarizingKit } from "../kit/summarizing-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { windowIds } from "./looking.ts";

const SECRET = "zebra-7731";

/** What happens when a model or a store fails. */
export const FAULT_RULES: readonly CheckedRule<SummarizingKit>[] = rulesOf("faults", {
  "fault-summarizer": {
    title: "a summarizer that throws or says nothing leaves log and window as they were",
    why: "An error's text in the place of the history is the end of the conversation.",
    async check(kit) {
      let answer: () => string = () => "";
      const sessions = await kit.open({ summarizer: scriptedSummarizer(() => answer()), retry: false });
      await appendAll(sessions, turns(4));
      const before = (await fullOf(sessions)).events.map(asJson);
      const failing: readonly (() => string)[] = [
        () => "",
        () => " \n ",
        () => {
          throw new Error("model down");
        },
      ];
      for (const fails of failing) {
        answer = fails;
        equal((await sessions.summarize(KEY, { force: true })).kind, "failed", "The outcome of a failure");
        equal((await fullOf(sessions)).events.map(asJson), before, "The log after a failure");
        equal(await windowIds(sessions), idsIn(turns(4)), "The window after a failure");
      }
      answer = () => "fine";
      await fold(sessions);
    },
  },
  "fault-silent": {
    title: "the error of a failed fold and all warnings tell nothing of what was said",
    why: "Models quote the request in their errors, and errors go to logs.",
    async check(kit) {
      const warnings: string[] = [];
      const summarizer = scriptedSummarizer(({ transcript }) => {
        throw new Error(`cannot read: ${transcript}`);
      });
      const logger = { warn: (message: string) => void warnings.push(message) };
      const sessions = await kit.open({ summarizer, logger, retry: false });
      await appendAll(sessions, [user(SECRET, { id: "secret" }), ...turns(3)]);
      const outcome = await sessions.summarize(KEY, { force: true });
      holds(outcome.kind === "failed", "Expected a summarizer that throws to fail the fold");
      const told = [outcome.error.message, JSON.stringify({ ...outcome.error }), ...warnings].join("\n");
      holds(!told.includes(SECRET), "Expected neither the error nor a warning to repeat what was said");
    },
  },
  "fault-commit": {
    title: "a summary that the store does not take fails the fold, and the session is as it was",
    why: "A summary that only the memory of a process knows hides events that no other process hides.",
    async check(kit) {
      const inner = await kit.inner();
      let broken = true;
      const sessions = kit.decorate(
        faultyService(inner, ({ actions }) =>
          broken && actions?.summary !== undefined ? "before" : undefined,
        ),
      );
      await sessions.createSession(KEY);
      await appendAll(sessions, turns(4));
      equal((await sessions.summarize(KEY, { force: true })).kind, "failed", "The outcome without a store");
      equal(await windowIds(sessions), idsIn(turns(4)), "The window");
      equal(await sessions.listSummaries(KEY), [], "The summaries");
      broken = false;
      await fold(sessions);
      equal(await idsOf(sessions), idsIn(turns(4)), "The log");
    },
  },
  "fault-append": {
    title: "an append whose acknowledgement was lost is told, and stored once when it is repeated",
    why: "It is what every client does after a lost connection.",
    async check(kit) {
      const inner = await kit.inner();
      let lost = true;
      const sessions = kit.decorate(
        faultyService(inner, ({ id }) => (lost && id === "once" ? "after" : undefined)),
      );
      const session = await sessions.createSession(KEY);
      await appendAll(sessions, turns(1));
      const event = user("hello?", { id: "once" });
      const error = await errorOf(() => sessions.appendEvent({ session, event }));
      holds(error !== undefined, "Expected the caller to be told that the store failed");
      lost = false;
      for (let at = 0; at < 2; at++) await sessions.appendEvent({ session, event });
      equal(await idsOf(sessions), [...idsIn(turns(1)), "once"], "The log");
      equal(idsIn(session.events), ["once"], "The events of the caller's session");
    },
  },
});
