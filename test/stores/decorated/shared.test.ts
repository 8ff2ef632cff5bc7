import { type SummarizeOutcome, type SummarizingSessionService, withSummaries } from "@sessionfold/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { a, u } from "../../support/events.ts";
import { type StubSummarizer, stubSummarizer } from "../../support/stub-summarizer.ts";
import { type OpenStore, postgresStores, type Store, sqliteStores } from "../shared-stores.ts";

const key = { appName: "app", userId: "user", sessionId: "chat" };
const HOOK_MS = 60_000;
const manual = { keep: { turns: 1 }, mode: "manual" } as const;
/** As long as a process that has stopped keeps others waiting here. */
const leaseMs = 200;

/** Something that happens once, when somebody says so. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Says when it is asked, and answers when it may. */
function slow(
  asked: ReturnType<typeof gate>,
  answered: ReturnType<typeof gate>,
  text: string,
): StubSummarizer {
  return stubSummarizer(async () => {
    asked.open();
    await answered.opened;
    return text;
  });
}

async function started(open: OpenStore): Promise<void> {
  const store = await open();
  await store.createSession(key);
  for (let turn = 0; turn < 8; turn++) {
    await store.appendEvent({ session: key, event: u(`Question ${turn}?`) });
    await store.appendEvent({ session: key, event: a(`Answer ${turn}.`) });
  }
}

/** A store of which one method does something else first. */
function asking<M extends keyof Store>(store: Store, method: M, before: () => Promise<unknown>): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const call = value.bind(target) as (...given: unknown[]) => unknown;
      return name === method ? (...given: unknown[]) => before().then(() => call(...given)) : call;
    },
  });
}

async function effectiveOf(service: SummarizingSessionService): Promise<number> {
  const all = await service.listSummaryStatus(key);
  return all.filter(({ status }) => status === "effective").length;
}

for (const stores of [sqliteStores(), postgresStores()]) {
  describe(`processes that share ${stores.name}`, () => {
    beforeAll(() => stores.start(), HOOK_MS);
    afterAll(() => stores.stop(), HOOK_MS);

    test("pay for one summary: who comes second waits, and finds nothing left to do", async () => {
      const open = await stores.fresh();
      await started(open);
      const [asked, answered] = [gate(), gate()];
      const first = withSummaries(await open(), { ...manual, summarizer: slow(asked, answered, "SUM") });
      const other = stubSummarizer();
      const second = withSummaries(await open(), { ...manual, summarizer: other });
      const one = first.summarize(key, { force: true });
      await asked.opened;
      const two = second.summarize(key, { force: true });
      answered.open();
      expect((await one).kind).toBe("summarized");
      expect(await two).toMatchObject({ kind: "skipped", reason: "nothing-new" });
      expect(other.requests).toEqual([]);
      expect(await effectiveOf(second)).toBe(1);
    });

    test("leave a session to the one that is at it, where nobody waits for the fold", async () => {
      const open = await stores.fresh();
      await started(open);
      const [asked, answered] = [gate(), gate()];
      const first = withSummaries(await open(), { ...manual, summarizer: slow(asked, answered, "SUM") });
      const other = stubSummarizer();
      const outcomes: SummarizeOutcome[] = [];
      const second = withSummaries(await open(), {
        summarizer: other,
        keep: { turns: 1 },
        trigger: () => true,
        mode: "inline",
        onOutcome: (outcome) => outcomes.push(outcome),
      });
      const one = first.summarize(key, { force: true });
      await asked.opened;
      await second.appendEvent({ session: key, event: a("One more.") });
      expect(outcomes).toMatchObject([{ kind: "skipped", reason: "busy" }]);
      answered.open();
      await one;
      expect(other.requests).toEqual([]);
    });

    test("take over from one that has stopped, whose late summary is refused", async () => {
      const open = await stores.fresh();
      await started(open);
      const [asked, answered, askedAgain, answeredAgain] = [gate(), gate(), gate(), gate()];
      // A process that is stopped renews nothing.
      const stopped = asking(await open(), "renewLease", () => new Promise(() => undefined));
      const first = withSummaries(stopped, { ...manual, summarizer: slow(asked, answered, "LATE"), leaseMs });
      const second = withSummaries(await open(), {
        ...manual,
        summarizer: slow(askedAgain, answeredAgain, "IN TIME"),
      });
      const one = first.summarize(key, { force: true });
      await asked.opened;
      const two = second.summarize(key, { force: true });
      await askedAgain.opened;
      answered.open();
      expect(await one).toMatchObject({ kind: "skipped", reason: "busy" });
      answeredAgain.open();
      expect((await two).kind).toBe("summarized");
      expect((await second.listSummaries(key)).map(({ text }) => text)).toEqual(["IN TIME"]);
    });

    test("call a fold off once another has its lease, whether or not the model has answered", async () => {
      const open = await stores.fresh();
      await started(open);
      const [asked, askedAgain, resumed, answered] = [gate(), gate(), gate(), gate()];
      const stopped = asking(await open(), "renewLease", () => resumed.opened);
      const hangs = slow(asked, gate(), "NEVER");
      const first = withSummaries(stopped, { ...manual, summarizer: hangs, leaseMs });
      const second = withSummaries(await open(), {
        ...manual,
        summarizer: slow(askedAgain, answered, "SUM"),
      });
      const one = first.summarize(key, { force: true });
      await asked.opened;
      const two = second.summarize(key, { force: true });
      await askedAgain.opened;
      resumed.open();
      expect(await one).toMatchObject({ kind: "skipped", reason: "busy" });
      expect(hangs.requests[0]?.signal.aborted).toBe(true);
      answered.open();
      expect((await two).kind).toBe("summarized");
    });

    test("commit a summary although others append at the very moment", async () => {
      const open = await stores.fresh();
      await started(open);
      const aside = await open();
      let left = 3;
      const busy = asking(await open(), "appendEvent", async () => {
        if (left-- > 0) await aside.appendEvent({ session: key, event: a(`In between ${left}.`) });
      });
      const service = withSummaries(busy, {
        summarizer: stubSummarizer(),
        keep: { turns: 1 },
        mode: "manual",
      });
      expect((await service.summarize(key, { force: true })).kind).toBe("summarized");
      expect(left).toBeLessThan(0);
      const texts = (await service.getSession(key))?.events.map(({ message }) => message?.text);
      expect(texts?.slice(-3)).toEqual(["In between 2.", "In between 1.", "In between 0."]);
      expect(await effectiveOf(service)).toBe(1);
    });
  });
}
