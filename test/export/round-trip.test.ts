import {
  createEvent,
  type EventInput,
  type ImportingService,
  InMemorySessionService,
  importSession,
  isSessionfoldError,
  type SessionEvent,
  withSummaries,
} from "@sessionfold/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { histories, play } from "../support/histories.ts";
import { KEY } from "../support/sessions.ts";
import { oddEvents, oddJson } from "./odd-events.ts";
import { EXPORT_STORES, type ExportStore, textOf } from "./stores.ts";

const RUNS = 40;

/** Opens both stores, and closes them afterwards. */
async function between<T>(
  stores: readonly [ExportStore, ExportStore],
  task: (from: ImportingService, to: ImportingService) => Promise<T>,
): Promise<T> {
  const opened = await Promise.all(stores.map(({ create }) => create()));
  try {
    return await task(opened[0] as ImportingService, opened[1] as ImportingService);
  } finally {
    for (const [at, store] of stores.entries()) await store.dispose?.(opened[at] as ImportingService);
  }
}

const pairs = EXPORT_STORES.flatMap((from) => EXPORT_STORES.map((to) => [from, to] as const));

describe.each(
  pairs.map(([from, to]) => ({ title: `${from.name} to ${to.name}`, pair: [from, to] as const })),
)("an export from $title", ({ pair }) => {
  let made = 0;
  const nextKey = () => ({ ...KEY, sessionId: `session-${++made}` });

  test("of odd messages and state is the same bytes again", () =>
    between(pair, async (from, to) => {
      await fc.assert(
        fc.asyncProperty(oddEvents, oddJson, async (events, state) => {
          const key = nextKey();
          await from.createSession({ ...key, state: state as Record<string, unknown> });
          for (const [at, event] of events.entries())
            await from.appendEvent({ session: key, event: { ...event, id: `e${at}` } });
          await sameBytes(from, to, key);
        }),
        { numRuns: RUNS },
      );
    }));

  test("of logs with summaries, marks and gaps is the same bytes again", () =>
    between(pair, async (from, to) => {
      await fc.assert(
        fc.asyncProperty(histories(30), oddEvents, async (steps, odd) => {
          const key = nextKey();
          const log = rising(play(steps));
          for (const event of odd) log.push(placed(event, (log.at(-1)?.seq ?? -1) + 3));
          await from.importSession({ ...key, state: {}, events: log, lastUpdateTime: 12.5 });
          await sameBytes(from, to, key);
        }),
        { numRuns: RUNS },
      );
    }));

  test("of a session that was folded, marked and pruned folds on like the one it was taken from", () =>
    between(pair, async (from, to) => {
      const key = nextKey();
      const options = {
        mode: "manual",
        keep: { turns: 1 },
        tokenCounter: (text: string) => text.length,
      } as const;
      const sessions = withSummaries(from, options);
      await sessions.createSession({ ...key, state: { plan: { b: 1, a: 2 }, "app:shared": true } });
      for (let at = 0; at < 8; at++)
        await sessions.appendEvent({
          session: key,
          event: {
            id: `m${at}`,
            author: at % 2 === 0 ? "user" : "agent",
            message: `line ${at}`,
            timestamp: at,
          },
        });
      await sessions.mark(key, { pin: ["m1"] });
      await sessions.summarize(key, { force: true });
      await sessions.prune(key);
      await sameBytes(from, to, key);
      const other = withSummaries(to, options);
      expect(await other.getSession(key)).toEqual({
        ...(await sessions.getSession(key)),
        incarnation: expect.anything(),
        state: { plan: { b: 1, a: 2 } },
      });
      expect(await textOf(sessions, key)).toBe(await textOf(from, key));
      const event = { id: "next", author: "user", message: "and on", timestamp: 9 };
      for (const service of [from, to]) await service.appendEvent({ session: key, event });
      const last = async (service: ImportingService) => (await textOf(service, key)).split("\n").at(-2);
      expect(await last(to)).toBe(await last(from));
    }));
});

/** Exports, imports, and exports once more. */
async function sameBytes(from: ImportingService, to: ImportingService, key: typeof KEY): Promise<void> {
  const text = await textOf(from, key);
  // Decorated, the log is the same one.
  expect(await textOf(withSummaries(from, { mode: "manual" }), key)).toBe(text);
  expect(text.split("\n").length).toBe(Number(JSON.parse(text.split("\n")[0] ?? "").events) + 2);
  const taken = from === to ? new InMemorySessionService() : to;
  expect(await importSession(taken, text)).toEqual(key);
  expect(await textOf(taken, key)).toBe(text);
  await expect(importSession(taken, text)).rejects.toSatisfy(
    (error) => isSessionfoldError(error) && error.code === "session-exists",
  );
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
