import {
  createEvent,
  type EventInput,
  type ImportingService,
  importSession,
  isSessionfoldError,
  type SessionEvent,
  type SessionKey,
  withSummaries,
} from "@sessionfold/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { histories, play } from "../support/histories.ts";
import { KEY } from "../support/sessions.ts";
import { oddEvents, oddJson, storable } from "./odd-events.ts";
import { exportStores, textOf } from "./stores.ts";

const RUNS = 15;
/** Stores of their own take a while to start on a busy machine. */
const HOOK_MS = 60_000;

const stores = exportStores();
const sources = new Map<string, ImportingService>();
const targets = new Map<string, ImportingService>();
beforeAll(async () => {
  for (const { name, create } of stores) {
    sources.set(name, await create());
    targets.set(name, await create());
  }
}, HOOK_MS);
afterAll(async () => {
  for (const { remove } of stores) await remove();
});

let made = 0;
const nextKey = () => ({ ...KEY, sessionId: `session-${++made}` });
const options = {
  mode: "manual",
  keep: { turns: 1 },
  tokenCounter: (text: string) => text.length,
} as const;

describe.each(stores)(
  "an export from $name is the same bytes again in every store",
  ({ name, holdsAnyName }) => {
    const source = (): ImportingService => sources.get(name) as ImportingService;

    test("with odd messages and odd state", async () => {
      await fc.assert(
        fc.asyncProperty(oddEvents, oddJson, async (events, state) => {
          const key = nextKey();
          await source().createSession({ ...key, state: storable(state as Record<string, unknown>) });
          for (const [at, event] of events.entries())
            await source().appendEvent({
              session: key,
              event: { ...withStorableState(event), id: `e${at}` },
            });
          await sameBytesEverywhere(source(), key);
        }),
        { numRuns: RUNS },
      );
    });

    test("with odd messages among summaries, marks and gaps", async () => {
      await fc.assert(
        fc.asyncProperty(histories(20), oddEvents, async (steps, odd) => {
          const key = nextKey();
          const log = rising(play(steps));
          for (const event of odd) log.push(placed(event, (log.at(-1)?.seq ?? -1) + 3));
          await source().importSession({ ...key, state: {}, events: log, lastUpdateTime: 12.5 });
          await sameBytesEverywhere(source(), key);
        }),
        { numRuns: RUNS },
      );
    });

    test("with summaries, marks and gaps", async () => {
      await fc.assert(
        fc.asyncProperty(histories(30), async (steps) => {
          const key = nextKey();
          const log = rising(play(steps));
          await source().importSession({ ...key, state: {}, events: log, lastUpdateTime: 12.5 });
          await sameBytesEverywhere(source(), key);
        }),
        { numRuns: RUNS },
      );
    });

    if (holdsAnyName)
      test("with names of any sign in its state, where stores can hold them", async () => {
        await fc.assert(
          fc.asyncProperty(oddJson, async (state) => {
            const key = nextKey();
            await source().createSession({ ...key, state: state as Record<string, unknown> });
            await sameBytesEverywhere(source(), key, (target) => target.holdsAnyName);
          }),
          { numRuns: RUNS },
        );
      });

    test("and folds on there like the one it was taken from", async () => {
      const key = nextKey();
      const sessions = withSummaries(source(), options);
      await sessions.createSession({ ...key, state: { plan: { b: 1, a: 2 }, [`app:${name}`]: true } });
      for (let at = 0; at < 8; at++) {
        const event = {
          id: `m${at}`,
          author: at % 2 === 0 ? "user" : "agent",
          message: `line ${at}`,
          timestamp: at,
        };
        await sessions.appendEvent({ session: key, event });
      }
      await sessions.mark(key, { pin: ["m1"] });
      await sessions.summarize(key, { force: true });
      expect(await sessions.prune(key)).not.toEqual([]);
      const text = await sameBytesEverywhere(source(), key);
      expect(await textOf(sessions, key)).toBe(text);
      const event = { id: "next", author: "user", message: "and on", timestamp: 9 };
      await source().appendEvent({ session: key, event });
      for (const target of targets.values()) {
        await target.appendEvent({ session: key, event });
        const [taken, own] = [await textOf(target, key), await textOf(source(), key)];
        expect(taken.split("\n").slice(1)).toEqual(own.split("\n").slice(1));
        const there = await withSummaries(target, options).getSession(key);
        expect(there?.events).toEqual((await sessions.getSession(key))?.events);
      }
    });
  },
);

/** Exports, imports into every store, and exports once more. Returns what was exported. */
async function sameBytesEverywhere(
  from: ImportingService,
  key: SessionKey,
  isMeant: (store: (typeof stores)[number]) => boolean = () => true,
): Promise<string> {
  const text = await textOf(from, key);
  // Decorated, the log is the same one.
  expect(await textOf(withSummaries(from, { mode: "manual" }), key)).toBe(text);
  for (const store of stores.filter(isMeant)) {
    const target = targets.get(store.name) as ImportingService;
    expect(await importSession(target, text)).toEqual(key);
    expect(await textOf(target, key), store.name).toBe(text);
    await expect(importSession(target, text)).rejects.toSatisfy(
      (error) => isSessionfoldError(error) && error.code === "session-exists",
    );
  }
  return text;
}

function withStorableState({ actions, ...event }: EventInput): EventInput {
  const { stateDelta, ...rest } = actions ?? {};
  return { ...event, actions: { ...rest, ...(stateDelta && { stateDelta: storable(stateDelta) }) } };
}

function placed(event: EventInput, seq: number): SessionEvent {
  return createEvent({ ...event, id: `odd${seq}` }, seq, () => 0);
}

/** The log in the order of its positions, none of which two entries share. */
function rising(log: readonly SessionEvent[]): SessionEvent[] {
  let last = -1;
  return log
    .toSorted((a, b) => a.seq - b.seq)
    .map((event) => {
      last = Math.max(event.seq, last + 1);
      return { ...event, seq: last };
    });
}
