import type { SessionEvent } from "@sessionfold/core";
import { equal, holds, rejects } from "../asserts/asserts.ts";
import { appendAll, asJson, fullOf, idsIn, KEY } from "../kit/reading.ts";
import { agent, calls, turns, user } from "../kit/said.ts";
import { fold, type SummarizingKit } from "../kit/summarizing-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { windowIds, windowOf } from "./looking.ts";

/** What of a session is shown to whom. */
export const VIEW_RULES: readonly CheckedRule<SummarizingKit>[] = rulesOf("views", {
  "view-chosen": {
    title:
      "a read shows the window unless the full log is asked for; behind a position, what follows it; no other view",
    why: "A misspelt view that is taken for the window hides events from an export.",
    async check(kit) {
      const sessions = await kit.open();
      await appendAll(sessions, turns(4));
      const { summary } = await fold(sessions);
      const window = [summary.id, "q3", "a3"];
      equal(await windowIds(sessions), window, "The view that nobody chose");
      equal(
        idsIn((await sessions.getSession({ ...KEY, view: "window" }))?.events ?? []),
        window,
        "The window",
      );
      const { events } = await fullOf(sessions);
      equal(idsIn(events), [...idsIn(turns(4)), summary.id], "The full view");
      for (const [view, behind] of [
        ["full", ["a3", summary.id]],
        ["window", ["a3"]],
      ] as const) {
        const afterSeq = events.find(({ id }) => id === "q3")?.seq;
        const news = idsIn((await sessions.getSession({ ...KEY, view, afterSeq }))?.events ?? []);
        equal(
          news.filter((id) => view === "full" || id !== summary.id),
          behind,
          `The view "${view}" behind a position`,
        );
      }
      const unknown = { ...KEY, view: "everything" as "full" };
      await rejects("configuration", "A view that there is not", () => sessions.getSession(unknown));
    },
  },
  "view-agent": {
    title: "the window of an agent ends with its own open tool round and leaves out those of others",
    why: "An agent that is called must answer its own results; another's open call would be refused.",
    async check(kit) {
      const sessions = await kit.open();
      await appendAll(sessions, [
        user("both of you", { id: "q" }),
        calls(["c1"], { id: "k1", author: "planner" }),
        calls(["c2"], { id: "k2", author: "writer" }),
      ]);
      for (const [name, call] of [
        ["planner", "k1"],
        ["writer", "k2"],
      ] as const) {
        const session = await sessions.getSession({ ...KEY, agent: name });
        equal(idsIn(session?.events ?? []), ["q", call], `The window of the ${name}`);
      }
    },
  },
  "view-scope": {
    title: "a summary of one agent covers that agent's events alone, and is told apart from the session's",
    why: "What nobody summarised must not leave the window of the others.",
    async check(kit) {
      const sessions = await kit.open();
      for (let at = 0; at < 3; at++) {
        await appendAll(sessions, [
          user(`task number ${at}`, { id: `q${at}` }),
          agent(`plan number ${at}`, { id: `p${at}`, author: "planner" }),
          agent(`text number ${at}`, { id: `w${at}`, author: "writer" }),
        ]);
      }
      const outcome = await sessions.summarize(KEY, { force: true, scope: "planner" });
      holds(outcome.kind === "summarized", "Expected the planner's events to be folded");
      const { summary } = outcome;
      equal([summary.scope, summary.coverage.direct], ["planner", ["p0", "p1"]], "Scope and coverage");
      equal(await windowIds(sessions), ["q0", summary.id, "w0", "q1", "w1", "q2", "p2", "w2"], "The window");
      equal((await sessions.getSummary(KEY, { scope: "planner" }))?.id, summary.id, "The planner's summary");
      equal(await sessions.getSummary(KEY), null, "The session's summary");
    },
  },
  "view-owned": {
    title: "changes to windows, unfolded events, found events and marks that were handed out change nothing",
    why: "A caller that edits its prompt must not edit what the next caller gets.",
    async check(kit) {
      const sessions = await kit.open();
      await appendAll(sessions, turns(4));
      const { summary } = await fold(sessions);
      const look = async (): Promise<readonly (readonly SessionEvent[])[]> => [
        await windowOf(sessions),
        await sessions.unfold(KEY, summary.id),
        (await sessions.search(KEY, "number")).map(({ event }) => event),
        (await fullOf(sessions)).events,
      ];
      const told = (views: readonly (readonly SessionEvent[])[]): unknown =>
        views.map((events) => events.map(asJson));
      const before = told(await look());
      for (const events of await look()) {
        for (const { message, actions } of events) {
          if (message !== undefined) message.content = "changed";
          Object.assign(actions, { pinned: true });
        }
        (events as SessionEvent[]).length = 0;
      }
      equal(told(await look()), before, "All views after their events were changed");
    },
  },
});
