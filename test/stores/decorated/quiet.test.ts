import { extractive, type SummarizeOutcome, tokenThreshold, withSummaries } from "@sessionfold/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { a, u } from "../../support/events.ts";
import { stubSummarizer } from "../../support/stub-summarizer.ts";
import { postgresStores, type Store, sqliteStores } from "../shared-stores.ts";

const key = { appName: "app", userId: "user", sessionId: "chat" };
const HOOK_MS = 60_000;
const never = new Promise<never>(() => undefined);

/** The store, with each call told, and some of them done otherwise. */
function watched(
  store: Store,
  instead: { readonly [method: string]: (call: () => Promise<unknown>) => Promise<unknown> } = {},
) {
  const calls: string[] = [];
  const proxy = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        const isWhole = name === "getSession" && (given[0] as { afterSeq?: number }).afterSeq === undefined;
        calls.push(isWhole ? "whole" : String(name));
        const call = async () => (value as (...args: unknown[]) => unknown).apply(target, given);
        return instead[String(name)]?.(call) ?? call();
      };
    },
  });
  const times = (name: string) => calls.filter((each) => each === name).length;
  return { store: proxy, times };
}

async function say(service: Pick<Store, "appendEvent">, turns: number, from = 0): Promise<void> {
  for (let turn = from; turn < from + turns; turn++) {
    await service.appendEvent({ session: key, event: u(`Question ${turn}?`) });
    await service.appendEvent({ session: key, event: a(`Answer ${turn}.`) });
  }
}

for (const stores of [sqliteStores(), postgresStores()]) {
  describe(`what is asked of ${stores.name}`, () => {
    beforeAll(() => stores.start(), HOOK_MS);
    afterAll(() => stores.stop(), HOOK_MS);

    test("an append that folds nothing reads the news once, and has nothing kept", async () => {
      const open = await stores.fresh();
      const { store, times } = watched(await open());
      const service = withSummaries(store, { mode: "inline", trigger: tokenThreshold(100_000) });
      await service.createSession(key);
      await say(service, 10);
      await service.flush();
      expect(times("appendEvent")).toBe(20);
      expect(times("getSession") + times("readFolded")).toBe(20);
      expect([times("whole"), times("saveFold"), times("acquireLease")]).toEqual([0, 0, 0]);
    });

    test("counts are kept in batches where nothing folds, and those of plain functions never", async () => {
      const open = await stores.fresh();
      const { store, times } = watched(await open());
      const given = { mode: "inline", trigger: tokenThreshold(100_000) } as const;
      const service = withSummaries(store, given);
      await service.createSession(key);
      await say(service, 70);
      await service.flush();
      expect(times("saveFold")).toBe(2);
      const unnamed = withSummaries(store, { ...given, tokenCounter: (text) => text.length });
      await say(unnamed, 70, 70);
      await unnamed.flush();
      expect(times("saveFold")).toBe(2);
      const lengths = withSummaries(store, { ...given, tokenCounter: (text) => text.length / 4 });
      const read = await store.readFolded({ ...key, counter: "tokenCounter" });
      expect(read?.tokenCounts?.size).toBe(0);
      expect((await lengths.summarize(key)).kind).toBe("skipped");
    });

    test("a process that has seen nothing reads the window alone until there is something to fold", async () => {
      const open = await stores.fresh();
      const given = {
        mode: "inline",
        summarizer: extractive(),
        trigger: ({ userEvents }: { userEvents: number }) => userEvents >= 6,
        keep: { turns: 2 },
      } as const;
      const first = withSummaries(await open(), given);
      await first.createSession(key);
      await say(first, 20);
      await first.flush();
      const { store, times } = watched(await open());
      const second = withSummaries(store, given);
      await second.getSession(key);
      await say(second, 1, 20);
      expect(times("whole")).toBe(0);
      await second.summarize(key, { force: true });
      expect(times("whole")).toBe(1);
    });

    test("a summary that meets others' appends is made again of the news alone", async () => {
      const open = await stores.fresh();
      const aside = await open();
      await aside.createSession(key);
      await say(aside, 8);
      let left = 5;
      const { store, times } = watched(await open(), {
        appendEvent: async (call) => {
          if (left-- > 0) await aside.appendEvent({ session: key, event: a(`In between ${left}.`) });
          return call();
        },
      });
      const service = withSummaries(store, {
        mode: "manual",
        summarizer: stubSummarizer(),
        keep: { turns: 1 },
      });
      expect((await service.summarize(key, { force: true })).kind).toBe("summarized");
      expect(times("appendEvent")).toBe(6);
      expect(times("whole")).toBe(0);
    });

    test("a store that answers neither about leases nor about kept folds keeps nobody waiting", async () => {
      const open = await stores.fresh();
      const aside = await open();
      await aside.createSession(key);
      await say(aside, 8);
      const warnings: string[] = [];
      const { store } = watched(await open(), { releaseLease: () => never, saveFold: () => never });
      const service = withSummaries(store, {
        mode: "manual",
        summarizer: stubSummarizer(),
        keep: { turns: 1 },
        logger: { warn: (message) => warnings.push(message) },
      });
      expect((await service.summarize(key, { force: true })).kind).toBe("summarized");
      expect((await service.getSession(key))?.events).toHaveLength(3);
      expect(warnings.join()).toContain("could not be given back");
      await service.close({ drainMs: 20 });
    });

    test("a read past the limit waits for the fold of another process, and a forced call that joins a busy one does", async () => {
      const open = await stores.fresh();
      const aside = await open();
      await aside.createSession(key);
      await say(aside, 12);
      let answer: () => void = () => undefined;
      let asked: () => void = () => undefined;
      const answered = new Promise<void>((resolve) => (answer = resolve));
      const isAsked = new Promise<void>((resolve) => (asked = resolve));
      const slow = stubSummarizer(async () => {
        asked();
        await answered;
        return "SUM";
      });
      const outcomes: SummarizeOutcome[] = [];
      const folding = withSummaries(await open(), { mode: "manual", summarizer: slow, keep: { turns: 1 } });
      const other = withSummaries(await open(), {
        summarizer: stubSummarizer("OTHER"),
        trigger: ({ events }) => events >= 10,
        limit: ({ events }) => events >= 20,
        keep: { turns: 1 },
        onOutcome: (outcome) => outcomes.push(outcome),
      });
      const fold = folding.summarize(key, { force: true });
      await isAsked;
      const read = other.getSession(key);
      const forced = other.summarize(key, { force: true });
      answer();
      await fold;
      expect((await read)?.events).toHaveLength(3);
      expect(await forced).toMatchObject({ kind: "skipped", reason: "nothing-new" });
      expect(outcomes.map((each) => each.kind)).not.toContain("summarized");
      await other.close();
    });
  });
}
