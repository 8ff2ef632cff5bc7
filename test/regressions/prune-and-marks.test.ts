import {
  type EventDeletingService,
  EventsPrunedError,
  type Session,
  type SessionEvent,
  type SessionService,
  type SummarizingSessionService,
  withSummaries,
} from "@sessionfold/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { a, call, res, u } from "../support/events.ts";
import { summarized } from "../support/folds.ts";
import { histories, play, type Step } from "../support/histories.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const RUNS = Number(process.env.SESSIONFOLD_FUZZ_RUNS ?? 4000) / 4;

describe("marks that would leave pruned text without a summary are refused, and nothing is appended", () => {
  /** S2 covers more than the hidden S1, and the events of both are pruned but for the pinned e0. */
  async function pruned(): Promise<{
    sessions: SummarizingSessionService;
    session: Session;
    first: string;
    second: string;
  }> {
    const { sessions, session } = await decorated({
      mode: "manual",
      keep: { turns: 0 },
      summarizer: stubSummarizer(),
    });
    const turn = (at: number) => [u(`question ${at}`, { id: `u${at}` }), a(`answer ${at}`, { id: `a${at}` })];
    await appendAll(sessions, session, [...turn(0), ...turn(1)]);
    const first = summarized(await sessions.summarize(KEY, { force: true })).summary.id;
    await sessions.mark(KEY, { hide: first });
    await sessions.mark(KEY, { pin: "u0" });
    await appendAll(sessions, session, turn(2));
    const second = summarized(await sessions.summarize(KEY, { force: true })).summary.id;
    await sessions.prune(KEY);
    return { sessions, session, first, second };
  }

  test.each(["hide", "unhide"] as const)("%s, by mark and by an appended event", async (kind) => {
    const { sessions, session, first, second } = await pruned();
    const target = kind === "hide" ? second : first;
    const before = await entries(sessions);
    await expect(sessions.mark(KEY, { [kind]: target })).rejects.toThrow(EventsPrunedError);
    const event = { author: "system", actions: { marks: [{ kind, targets: [target] }] } };
    await expect(sessions.appendEvent({ session, event })).rejects.toThrow(EventsPrunedError);
    const spoken = { ...u("and by the way"), actions: { marks: [{ kind, targets: [target] }] } };
    await expect(sessions.appendEvent({ session, event: spoken })).rejects.toThrow(EventsPrunedError);
    expect(await entries(sessions)).toEqual(before);
    expect((await sessions.getSession(KEY))?.events.map(({ id }) => id)).toContain(second);
  });

  test("other marks, and what takes nothing away, go on", async () => {
    const { sessions, second } = await pruned();
    await sessions.mark(KEY, { unpin: "u0" });
    await sessions.mark(KEY, { unhide: second });
    await expect(sessions.mark(KEY, { hide: second })).rejects.toThrow(EventsPrunedError);
  });

  async function entries(sessions: SessionService): Promise<readonly string[]> {
    return ((await sessions.getSession({ ...KEY, view: "full" }))?.events ?? []).map(({ id }) => id);
  }
});

/** Logs whose prune once split a round: a late result of it lost the flag that it had from the others. */
const SPLIT_ROUNDS: readonly (readonly Step[])[] = [
  [
    { kind: "say", what: "call2", pick: 0, flag: 3 },
    { kind: "summary", how: "rolling", from: 0, length: 1 },
    { kind: "say", what: "u", pick: 0, flag: 0 },
    { kind: "say", what: "res", pick: 0, flag: 1 },
    { kind: "say", what: "res", pick: 0, flag: 3 },
    { kind: "say", what: "u", pick: 0, flag: 3 },
    { kind: "summary", how: "rolling", from: 0, length: 3 },
  ],
  [
    { kind: "say", what: "call", pick: 7, flag: 1 },
    { kind: "say", what: "u", pick: 0, flag: 3 },
    { kind: "say", what: "res", pick: 31, flag: 1 },
    { kind: "say", what: "res", pick: 35, flag: 3 },
    { kind: "summary", how: "rolling", from: 0, length: 4 },
  ],
];

describe("prune never changes the window, nor any later one", () => {
  test("on random logs, whatever is appended afterwards", async () => {
    let pruned = 0;
    await fc.assert(
      fc.asyncProperty(histories(30), histories(8), async (steps, more) => {
        const log = play(honest(steps));
        const whole = serviceOf(log);
        const cut = serviceOf(log);
        const deleted = await cut.prune(KEY);
        if (deleted.length > 0) pruned++;
        expect(await shape(cut)).toEqual(await shape(whole));
        for (const event of play(more.filter(({ kind }) => kind === "say"))) {
          // A flag on a late result would bring back a round that is gone.
          const { seq: _, actions: __, ...input } = event;
          const again = { ...input, id: `later-${event.id}` };
          await whole.appendEvent({ session: { ...KEY }, event: again });
          await cut.appendEvent({ session: { ...KEY }, event: again });
          expect(await shape(cut)).toEqual(await shape(whole));
        }
      }),
      { numRuns: RUNS, examples: SPLIT_ROUNDS.map((steps) => [steps, []]) },
    );
    // The histories are hard enough for the check to mean something.
    expect(pruned / RUNS).toBeGreaterThan(0.2);
  });

  test("a pinned call that nobody answered stays a call with a placeholder, and its late result a note", async () => {
    const { sessions, session } = await decorated({
      mode: "manual",
      keep: { turns: 0 },
      summarizer: stubSummarizer(),
    });
    await appendAll(sessions, session, [u("q1"), call("c", { actions: { pinned: true } }), u("q2"), a("a2")]);
    summarized(await sessions.summarize(KEY, { force: true }));
    const before = await shape(sessions);
    await sessions.prune(KEY);
    expect(await shape(sessions)).toEqual(before);
    await sessions.appendEvent({ session, event: res("c", "at last") });
    const kinds = (await sessions.getSession(KEY))?.events.map(({ actions }) => actions.synthetic);
    expect(kinds?.slice(-2)).toEqual(["missing-result", "late-result"]);
  });

  /** Without what no product would write: junk ids, entries that land before others, and prunes that ask nobody. */
  function honest(steps: readonly Step[]): readonly Step[] {
    const isJunk = (step: Step): boolean => step.kind === "summary" && step.how === "junk";
    return steps.filter((step) => step.kind !== "prune" && step.kind !== "late" && !isJunk(step));
  }
});

/** The window: ids and contents. How a result without its call is worded may change with what is pruned. */
async function shape(sessions: SessionService): Promise<readonly unknown[]> {
  return ((await sessions.getSession(KEY))?.events ?? []).map(({ id, message, actions: { synthetic } }) => {
    const isNote = synthetic === "late-result" || synthetic === "orphan-result";
    return isNote ? [id, "note"] : [id, message?.type, message?.content, synthetic];
  });
}

/** A decorated store that keeps the log as it is, positions included. */
function serviceOf(log: readonly SessionEvent[]): SummarizingSessionService {
  let events = [...log];
  const session = (): Session => ({
    ...KEY,
    id: KEY.sessionId,
    state: {},
    events: [...events],
    lastUpdateTime: 0,
  });
  const store: EventDeletingService = {
    createSession: async () => session(),
    getSession: async () => session(),
    listSessions: async () => ({ sessions: [] }),
    deleteSession: async () => {},
    appendEvent: async ({ event }) => {
      events = [...events, event as SessionEvent];
      return event as SessionEvent;
    },
    deleteEvents: async ({ eventIds }) => {
      const kept = events.filter(({ id }) => !eventIds.includes(id));
      const gone = events.length - kept.length;
      events = kept;
      return gone;
    },
  };
  return withSummaries(store, { mode: "manual", summarizer: stubSummarizer(), logger: { warn: () => {} } });
}
