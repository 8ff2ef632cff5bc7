import {
  presets,
  type SessionEvent,
  type SessionService,
  type SessionStatistics,
  type SummarizingSessionService,
  type WithSummariesOptions,
  withSummaries,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { RecordingModel } from "../support/recording-model.ts";
import { KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { allBackends } from "./all-backends.ts";

const COMMON: WithSummariesOptions = { mode: "inline", tokenCounter: (text) => text.length };
const NOW = 1_700_000_000_000;

const turn = (at: number) => [u(`question ${at}`, { id: `q${at}` }), a(`answer ${at}`, { id: `a${at}` })];
const turns = (count: number, from = 0) => Array.from({ length: count }, (_, at) => turn(from + at)).flat();

describe.each(allBackends())("on $name", ({ create, reopen, dispose }) => {
  const opened: SessionService[] = [];
  /** A task on a store with an empty session, which is closed afterwards with all that was opened over it. */
  async function withStore(task: (reload: () => Promise<SessionService>) => Promise<void>): Promise<void> {
    const store = await create();
    opened.push(store);
    await store.createSession(KEY);
    const reload = async () => {
      if (reopen === undefined) return store;
      const another = await reopen(store);
      opened.push(another);
      return another;
    };
    try {
      await task(reload);
    } finally {
      for (const service of opened.splice(0).reverse()) await dispose?.(service);
    }
  }

  test("TRN-12: the turn counter survives a reload from the store, and so does where it counts from", async () => {
    await withStore(async (reload) => {
      const options = { ...COMMON, ...presets.trpcAgent({ turns: 3, keepEvents: 4 }) };
      const summarizer = stubSummarizer("S");
      const next = async () => withSummaries(await reload(), { ...options, summarizer });
      await append(await next(), turns(3));
      expect(await turnsOf(await next())).toBe(3);
      expect(summarizer.requests).toHaveLength(0);
      // The fourth turn of a service that has seen none of the others.
      await append(await next(), turns(1, 3));
      expect(summarizer.requests).toHaveLength(1);
      expect(await turnsOf(await next())).toBe(0);
      await append(await next(), turns(2, 4));
      expect(await turnsOf(await next())).toBe(2);
    });
  });

  test("EVT-07: the summary stands before the kept events after every reload, behind them in the log", async () => {
    // The summary is younger than what is kept; the kept events carry the same or falling times.
    for (const timestamp of [
      (at: number) => NOW - 100_000 + at,
      () => NOW - 100_000,
      (at: number) => NOW - at,
    ]) {
      await withStore(async (reload) => {
        const settings = { ...COMMON, keep: { turns: 2 }, mode: "manual" as const, clock: () => NOW };
        const next = async () =>
          withSummaries(await reload(), { ...settings, summarizer: stubSummarizer("S") });
        const shown = async () => ((await (await next()).getSession(KEY))?.events ?? []).map(name);
        const events = turns(6).map((event, at) => ({ ...event, id: `e${at}`, timestamp: timestamp(at) }));
        await append(await next(), events.slice(0, 8));
        await (await next()).summarize(KEY, { force: true });
        expect(await shown()).toEqual(["S", "e4", "e5", "e6", "e7"]);
        await append(await next(), events.slice(8));
        expect(await shown()).toEqual(["S", "e4", "e5", "e6", "e7", "e8", "e9", "e10", "e11"]);
        await (await next()).summarize(KEY, { force: true });
        expect(await shown()).toEqual(["S", "e8", "e9", "e10", "e11"]);
        const stored = (await (await reload()).getSession(KEY))?.events ?? [];
        const said = events.map(({ id }) => id);
        expect(stored.map(name)).toEqual([...said.slice(0, 8), "S", ...said.slice(8), "S"]);
      });
    }
  });

  test("TRG-44: under presets.lyra 19 messages do nothing, 20 and 21 are summarised, each count read anew", async () => {
    for (const [count, folds] of [
      [19, false],
      [20, true],
      [21, true],
    ] as const) {
      await withStore(async (reload) => {
        const model = new RecordingModel("S");
        const next = async () => withSummaries(await reload(), { ...COMMON, ...presets.lyra(), model });
        // 19 and 21 end with an answer as well: they start with one.
        const messages = turns(11).slice(count % 2, count + (count % 2));
        const before = await next();
        for (const event of messages.slice(0, -1))
          await before.appendEvent({ session: { ...KEY }, event, fold: false });
        await append(await next(), messages.slice(-1));
        const [summary] = await (await next()).listSummaries(KEY);
        expect(summary?.coverage.direct.length).toBe(folds ? count : undefined);
        expect(model.requests).toHaveLength(folds ? 1 : 0);
      });
    }
  });
});

async function append(
  sessions: SummarizingSessionService,
  events: readonly { readonly id?: string | undefined }[],
): Promise<void> {
  for (const event of events) await sessions.appendEvent({ session: { ...KEY }, event });
}

/** How many turns a trigger counts. */
async function turnsOf(sessions: SummarizingSessionService): Promise<number | undefined> {
  let turns: number | undefined;
  const trigger = ({ userEvents }: SessionStatistics): boolean => {
    turns = userEvents;
    return false;
  };
  await sessions.summarize(KEY, { trigger });
  return turns;
}

function name({ id, actions }: SessionEvent): string {
  return actions.summary === undefined ? id : "S";
}
