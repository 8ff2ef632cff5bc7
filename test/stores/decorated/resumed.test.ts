import {
  canKeepFolds,
  type FoldedSession,
  InMemorySessionService,
  type SessionEvent,
  type SessionService,
  type SummarizingSessionService,
  tiktokenCounter,
  type WithSummariesOptions,
  withSummaries,
} from "@sessionfold/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { a, call, res, u } from "../../support/events.ts";
import { stubSummarizer } from "../../support/stub-summarizer.ts";
import { postgresStores, type Store, sqliteStores } from "../shared-stores.ts";

const key = { appName: "app", userId: "user", sessionId: "chat" };
const HOOK_MS = 60_000;
const KEPT_TURNS = 2;

const options = (): WithSummariesOptions => ({
  model: undefined,
  summarizer: stubSummarizer(({ events }) => `Of ${events.length} events.`),
  trigger: ({ userEvents }) => userEvents >= 5,
  keep: { turns: KEPT_TURNS },
  mode: "inline",
});

/** Turns with a tool round each. */
async function talk(service: SessionService, from: number, to: number): Promise<void> {
  for (let turn = from; turn < to; turn++) {
    const said = [u(`Question ${turn}?`), call(`c${turn}`), res(`c${turn}`), a(`Answer ${turn}.`)];
    for (const [at, event] of said.entries())
      await service.appendEvent({
        session: key,
        event: { ...event, id: `t${turn}-${at}`, timestamp: turn * 1000 },
      });
  }
}

/** What is kept of folds is written aside. */
async function talkAndKeep(service: SummarizingSessionService, from: number, to: number): Promise<void> {
  await talk(service, from, to);
  await service.flush();
}

async function idsOf(service: SessionService): Promise<readonly string[]> {
  const session = await service.getSession(key);
  return (session?.events ?? []).map((event) => (event.actions.summary === undefined ? event.id : "summary"));
}

/** The store, with what its folds were read by. */
function watched(store: Store): { store: Store; reads: (FoldedSession | null)[]; whole: () => number } {
  const reads: (FoldedSession | null)[] = [];
  let whole = 0;
  const proxy = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return async (...given: unknown[]) => {
        if (name === "getSession" && (given[0] as { afterSeq?: number }).afterSeq === undefined) whole++;
        const answer: unknown = await (value as (...args: unknown[]) => unknown).apply(target, given);
        if (name === "readFolded") reads.push(answer as FoldedSession | null);
        return answer;
      };
    },
  });
  return { store: proxy, reads, whole: () => whole };
}

for (const stores of [sqliteStores(), postgresStores()]) {
  describe(`a decorated ${stores.name} service that knows nothing yet`, () => {
    beforeAll(() => stores.start(), HOOK_MS);
    afterAll(() => stores.stop(), HOOK_MS);

    test("reads what the window needs, and shows the window of one that saw all", async () => {
      const open = await stores.fresh();
      const memory = withSummaries(new InMemorySessionService(), options());
      const first = withSummaries(await open(), options());
      for (const service of [memory, first]) {
        await service.createSession(key);
        await talkAndKeep(service, 0, 60);
      }
      const { store, reads, whole } = watched(await open());
      expect(canKeepFolds(store)).toBe(true);
      const second = withSummaries(store, options());
      expect(await idsOf(second)).toEqual(await idsOf(memory));
      expect(whole()).toBe(0);
      expect(reads).toHaveLength(1);
      // 240 events and some 19 summaries stand in the log.
      expect(reads[0]?.events.length).toBeLessThan(40);
      await talkAndKeep(second, 60, 70);
      await talkAndKeep(memory, 60, 70);
      const figures = async (service: typeof memory) => {
        const {
          id: _,
          sessionId: _s,
          createdAt: _c,
          durationMs: _d,
          coverage,
          metadata: _m,
          // Counts the tags of the summary before it, whose ids are random.
          originalTokens: _t,
          ...rest
        } = (await service.getSummary(key))?.toJSON() ?? { coverage: undefined };
        return { ...rest, direct: coverage?.direct };
      };
      expect(await figures(second)).toEqual(await figures(memory));
      expect(whole()).toBe(0);
    });

    test("tokenises nothing that one which was closed had counted", async () => {
      const open = await stores.fresh();
      const counter = tiktokenCounter();
      let counted: string[] = [];
      const tokenCounter = {
        ...counter,
        name: "counted",
        count: (text: string) => {
          counted.push(text);
          return counter.count(text);
        },
      };
      const given = { ...options(), tokenCounter, trigger: ({ tokens }: { tokens: number }) => tokens > 400 };
      const first = withSummaries(await open(), given);
      await first.createSession(key);
      await talkAndKeep(first, 0, 30);
      await first.close();
      counted = [];
      const second = withSummaries(await open(), given);
      await talkAndKeep(second, 30, 31);
      const again = counted.filter((text) => !text.includes("30") && !text.includes("Of "));
      expect(again).toEqual([]);
      expect(counted.length).toBeGreaterThan(0);
    });

    test("knows an event again that was folded long ago", async () => {
      const open = await stores.fresh();
      const first = withSummaries(await open(), options());
      await first.createSession(key);
      await talkAndKeep(first, 0, 30);
      const second = withSummaries(await open(), options());
      const session = await second.getSession(key);
      const before = await idsOf(second);
      const event = { ...u("Question 3?"), id: "t3-0", timestamp: 3000 };
      const stored = await second.appendEvent({ session: session ?? key, event });
      expect(stored.message?.content).toBe("Question 3?");
      expect(await idsOf(second)).toEqual(before);
      const log = await second.getSession({ ...key, view: "full" });
      expect(log?.events.filter(({ id }) => id === "t3-0")).toHaveLength(1);
    });

    test("pins, unfolds, undoes and finds what it did not read", async () => {
      const open = await stores.fresh();
      const first = withSummaries(await open(), options());
      await first.createSession(key);
      await talkAndKeep(first, 0, 30);
      const found = await withSummaries(await open(), options()).search(key, "answer 4.");
      expect(found.map(({ event }) => event.id)).toEqual(["t24-3", "t14-3", "t4-3"]);
      const summary = await first.getSummary(key);
      expect(found[0]?.summaryId).toBe(summary?.id);

      const pinning = withSummaries(await open(), options());
      await pinning.mark(key, { pin: ["t4-0"] });
      expect(await idsOf(withSummaries(await open(), options()))).toContain("t4-0");

      const appending = withSummaries(await open(), options());
      const marks = [{ kind: "pin" as const, targets: ["t6-3"] }];
      await appending.appendEvent({ session: key, event: { author: "system", actions: { marks } } });
      expect(await idsOf(appending)).toContain("t6-3");
      expect(await idsOf(withSummaries(await open(), options()))).toEqual(await idsOf(appending));

      const undoing = withSummaries(await open(), options());
      const covered: readonly SessionEvent[] = await undoing.unfold(key, summary?.id ?? "");
      expect(covered[0]?.id).toBe("t0-0");
      await undoing.mark(key, { hide: [summary?.id ?? ""] });
      const after = await idsOf(withSummaries(await open(), options()));
      expect(after).toEqual(await idsOf(undoing));
      expect(after.length).toBeGreaterThan(before(summary?.compressedEventCount));
    });

    test("reads the whole log once where no fold was kept, and has it kept then", async () => {
      const open = await stores.fresh();
      const source = withSummaries(new InMemorySessionService(), options());
      await source.createSession(key);
      await talkAndKeep(source, 0, 40);
      const log = await source.getSession({ ...key, view: "full" });
      const plain = await open();
      await plain.importSession({ ...key, state: {}, events: log?.events ?? [], lastUpdateTime: 1 });
      const one = watched(await open());
      const reader = withSummaries(one.store, options());
      expect(await idsOf(reader)).toEqual(await idsOf(source));
      await reader.flush();
      expect(one.reads[0]?.events.length).toBe(log?.events.length);
      const other = watched(await open());
      expect(await idsOf(withSummaries(other.store, options()))).toEqual(await idsOf(source));
      expect(other.reads[0]?.events.length).toBeLessThan(40);
    });

    test("prunes what it did not read, and goes on", async () => {
      const open = await stores.fresh();
      const first = withSummaries(await open(), options());
      await first.createSession(key);
      await talkAndKeep(first, 0, 30);
      const window = await idsOf(first);
      const gone = await withSummaries(await open(), options()).prune(key);
      expect(gone.length).toBeGreaterThan(80);
      const { store, whole } = watched(await open());
      const next = withSummaries(store, options());
      expect(await idsOf(next)).toEqual(window);
      await talkAndKeep(next, 30, 40);
      await talkAndKeep(first, 30, 40);
      expect(await idsOf(next)).toEqual(await idsOf(first));
      expect(whole()).toBe(0);
    });
  });
}

function before(count: number | undefined): number {
  if (count === undefined) throw new Error("Expected a summary");
  return count;
}
