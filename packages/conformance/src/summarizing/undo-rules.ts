import type {
  EventDeletingService,
  MarkRequest,
  SessionService,
  SummarizingSessionService,
} from "@sessionfold/core";
import { equal, holds, rejects } from "../asserts/asserts.ts";
import { appendAll, asJson, fullOf, idsIn, idsOf, KEY, logOf } from "../kit/reading.ts";
import { agent, turns, user } from "../kit/said.ts";
import { fold, type SummarizingKit } from "../kit/summarizing-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { windowIds, windowOf } from "./looking.ts";

const MISSING = { ...KEY, sessionId: "missing" };

/** What brings back, holds and finds what was folded. */
export const UNDO_RULES: readonly CheckedRule<SummarizingKit>[] = rulesOf("undo", {
  "unfold-exact": {
    title: "unfold returns exactly the events that a summary stands for, as they were appended",
    why: "It is what makes a summary a view and not a loss.",
    async check(kit) {
      const sessions = await kit.open();
      await appendAll(sessions, [user("odd: \u0001 $& 👩‍👩‍👧‍👦", { id: "x0" }), ...turns(3)]);
      const { summary: first } = await fold(sessions);
      await appendAll(sessions, turns(2, 3));
      const { summary: second } = await fold(sessions);
      const log = await logOf(sessions);
      for (const [summary, count] of [
        [first, 5],
        [second, 9],
      ] as const) {
        const events = await sessions.unfold(KEY, summary.id);
        equal(
          events.map((event) => [event.seq, JSON.stringify(asJson(event))]),
          log.slice(0, count).map((event) => [event.seq, JSON.stringify(asJson(event))]),
          "What was unfolded",
        );
      }
    },
  },
  "unfold-missing": {
    title: "a summary, or a session, that is not there is refused by its name",
    why: "An empty answer would say that the summary stands for nothing.",
    async check(kit) {
      const sessions = await kit.open();
      await appendAll(sessions, turns(3));
      await rejects("summary-not-found", "Unfolding no summary", () => sessions.unfold(KEY, "none"));
      await rejects("summary-not-found", "Unfolding an event", () => sessions.unfold(KEY, "q0"));
      const calls: readonly (() => Promise<unknown>)[] = [
        () => sessions.unfold(MISSING, "none"),
        () => sessions.mark(MISSING, { pin: "q0" }),
        () => sessions.search(MISSING, "question"),
        () => sessions.summarize(MISSING, { force: true }),
      ];
      for (const call of calls) await rejects("session-not-found", "A call without a session", call);
      equal(await sessions.getSummary(MISSING), null, "The summary of no session");
    },
  },
  "undo-hide": {
    title:
      "hiding a summary brings back what it took, unhiding folds it again; earlier ones come back with it",
    why: "A bad summary is found out later; undoing it must not need a copy.",
    async check(kit) {
      const sessions = await kit.open();
      await appendAll(sessions, turns(3));
      const { summary: first } = await fold(sessions);
      const afterFirst = await windowOf(sessions);
      await appendAll(sessions, turns(2, 3));
      const { summary: second } = await fold(sessions);
      const afterSecond = (await windowOf(sessions)).map(asJson);
      await sessions.mark(KEY, { hide: second.id });
      equal(
        await windowIds(sessions),
        [...idsIn(afterFirst), ...idsIn(turns(2, 3))],
        "The window without the second summary",
      );
      await sessions.mark(KEY, { hide: first.id });
      equal(await windowIds(sessions), idsIn(turns(5)), "The window without any summary");
      await sessions.mark(KEY, { unhide: [first.id, second.id] });
      equal((await windowOf(sessions)).map(asJson), afterSecond, "The window with both again");
      equal(await idsOf(sessions), idsIn(turns(5)), "The log");
    },
  },
  "mark-pin": {
    title: "a pinned event stays in the window verbatim at its place, until it is unpinned",
    why: "An address, a decision, a rule of the user: some words must not be paraphrased.",
    async check(kit) {
      const sessions = await kit.open();
      await appendAll(sessions, turns(4));
      await sessions.mark(KEY, { pin: "a1" });
      const { summary } = await fold(sessions);
      equal(await windowIds(sessions), [summary.id, "a1", "q3", "a3"], "The window with a pin");
      await sessions.mark(KEY, { unpin: "a1" });
      await appendAll(sessions, turns(1, 4));
      await fold(sessions);
      holds(!(await windowIds(sessions)).includes("a1"), "Expected an unpinned event to be folded");
      equal(await idsOf(sessions), idsIn(turns(5)), "The log");
    },
  },
  "mark-skip": {
    title: "a skipped event is not read by the summarizer and leaves the window with its region",
    why: "Noise and secrets are skipped so that they do not live on in a summary.",
    async check(kit) {
      const sessions = await kit.open();
      await appendAll(sessions, turns(4));
      await sessions.mark(KEY, { skip: "a1" });
      const { summary } = await fold(sessions);
      holds(!summary.coverage.direct.includes("a1"), "Expected a skipped event not to be read");
      equal(await windowIds(sessions), [summary.id, "q3", "a3"], "The window");
      await sessions.mark(KEY, { unskip: "a1" });
      holds((await windowIds(sessions)).includes("a1"), "Expected it back once it is not skipped any more");
      equal(await idsOf(sessions), idsIn(turns(4)), "The log");
    },
  },
  "mark-checked": {
    title: "a mark of what is not there, or of the wrong sort, is refused and nothing is appended",
    why: "A pin that pins nothing is found out when the text is gone.",
    async check(kit) {
      const sessions = await kit.open();
      await appendAll(sessions, turns(3));
      const before = (await fullOf(sessions)).events.length;
      const wrong: readonly MarkRequest[] = [
        { pin: "none" },
        { skip: ["q0", "none"] },
        { hide: "q0" },
        { blink: "q0" } as MarkRequest,
        {},
      ];
      for (const request of wrong)
        await rejects("configuration", "A mark that cannot be", () => sessions.mark(KEY, request));
      equal((await fullOf(sessions)).events.length, before, "The number of entries after refused marks");
    },
  },
  "prune-covered": {
    title: "prune deletes events that an effective summary covers, no others, and the window stays as it is",
    why: "It is the one act that loses text, so it must lose nothing that is still shown.",
    async check(kit) {
      const sessions = await prunable(kit);
      await appendAll(sessions, turns(5));
      await sessions.mark(KEY, { pin: "a0" });
      const { summary } = await fold(sessions);
      const window = (await windowOf(sessions)).map(asJson);
      const gone = ["q0", "q1", "a1", "q2", "a2", "q3", "a3"];
      equal(await sessions.prune(KEY), gone, "The ids that were pruned");
      equal(await idsOf(sessions), ["a0", "q4", "a4"], "What is left of the log");
      equal((await windowOf(sessions)).map(asJson), window, "The window after prune");
      equal((await sessions.getSummary(KEY))?.id, summary.id, "The summary that stands");
      equal(await sessions.prune(KEY), [], "What a second prune deletes");
    },
  },
  "prune-final": {
    title: "what was pruned cannot be unfolded, and its summary cannot be undone",
    why: "Half an answer, or a window without the events and without their summary, would be the alternative.",
    async check(kit) {
      const sessions = await prunable(kit);
      await appendAll(sessions, turns(4));
      const { summary } = await fold(sessions);
      await sessions.prune(KEY);
      await rejects("events-pruned", "Unfolding what was pruned", () => sessions.unfold(KEY, summary.id));
      await rejects("events-pruned", "Undoing what was pruned", () =>
        sessions.mark(KEY, { hide: summary.id }),
      );
      equal(await windowIds(sessions), [summary.id, "q3", "a3"], "The window after a refused undo");
    },
  },
  "prune-elsewhere": {
    title: "what one folding service pruned is gone for another one over the same log, and its window stays",
    why: "What a user asked to have deleted must not live on in the memory of another process.",
    async check(kit) {
      const inner = await kit.inner();
      holds(canDelete(inner), "Expected the inner service to have `deleteEvents`, which prune needs");
      const [one, two] = [kit.decorate(inner), kit.decorate(await kit.another(inner))];
      await one.createSession(KEY);
      await appendAll(one, turns(4));
      const { summary } = await fold(one);
      const window = [summary.id, "q3", "a3"];
      equal(await windowIds(two), window, "The other one's window");
      equal((await two.unfold(KEY, summary.id)).length, 6, "What the other one unfolds before");
      await one.prune(KEY);
      equal(await idsOf(two), ["q3", "a3"], "The other one's log");
      equal(await two.search(KEY, "question number 0"), [], "What the other one finds");
      await rejects("events-pruned", "Unfolding what another one pruned", () => two.unfold(KEY, summary.id));
      await rejects("events-pruned", "Undoing what another one pruned", () =>
        two.mark(KEY, { hide: summary.id }),
      );
      equal(await windowIds(two), window, "The other one's window afterwards");
    },
  },
  "search-all": {
    title:
      "search finds events whether or not they are folded, the latest first, and says which summary covers them",
    why: "What a summary left out is found again by its words.",
    async check(kit) {
      const sessions = await kit.open();
      const named = (at: number) => agent(`The Marigold file, part ${at}`, { id: `m${at}` });
      await appendAll(sessions, [user("go", { id: "u0" }), named(0), ...turns(3), user("on"), named(1)]);
      const { summary } = await fold(sessions);
      equal(
        (await sessions.search(KEY, "marigold FILE")).map(({ event, summaryId }) => [event.id, summaryId]),
        [
          ["m1", undefined],
          ["m0", summary.id],
        ],
        "What was found",
      );
      const limited = await sessions.search(KEY, { text: "marigold", limit: 1 });
      equal(idsIn(limited.map(({ event }) => event)), ["m1"], "What was found within a limit of 1");
      equal(
        await sessions.search(KEY, "marigold absent"),
        [],
        "What was found by words of which one is nowhere",
      );
      await rejects("configuration", "A blank query", () => sessions.search(KEY, "  "));
    },
  },
});

async function prunable(kit: SummarizingKit): Promise<SummarizingSessionService> {
  const inner = await kit.inner();
  holds(canDelete(inner), "Expected the inner service to have `deleteEvents`, which prune needs");
  const sessions = kit.decorate(inner);
  await sessions.createSession(KEY);
  return sessions;
}

function canDelete(inner: SessionService): boolean {
  return typeof (inner as Partial<EventDeletingService>).deleteEvents === "function";
}
