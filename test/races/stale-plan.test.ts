import { approximateCounter, withSummaries } from "@sessionfold/core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { gate } from "../background/support.ts";
import { openPlace, type PlacedStore } from "../crash/support/place.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { sharedPlaces } from "./support/places.ts";
import { KEY } from "./support/race.ts";
import { said } from "./support/said.ts";

const HOOK_MS = 60_000;
/** Shorter than a lease, which nobody who is alive lets run out. */
const WAIT_MS = 10_000;

/** A store of which one method does something else first. */
function asking<M extends keyof PlacedStore>(
  store: PlacedStore,
  method: M,
  before: () => Promise<unknown>,
): PlacedStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const call = value.bind(target) as (...given: unknown[]) => unknown;
      return name === method ? (...given: unknown[]) => before().then(() => call(...given)) : call;
    },
  });
}

describe.each(sharedPlaces())("processes that share a session: $name", (places) => {
  beforeAll(() => places.start(), HOOK_MS);
  afterAll(() => places.stop(), HOOK_MS);

  test("who learns of another's summary while it waits for the lease pays for no second one", async () => {
    const place = await places.fresh();
    const [store, other] = [await openPlace(place), await openPlace(place)];
    onTestFinished(async () => {
      await store.close();
      await other.close();
    });
    await store.createSession(KEY);
    for (const event of said("p", 6)) await store.appendEvent({ session: KEY, event });
    const options = { mode: "manual", keep: { turns: 1 }, tokenCounter: approximateCounter() } as const;
    const [asked, answered, waits] = [gate(), gate(), gate()];
    const first = withSummaries(other, {
      ...options,
      summarizer: stubSummarizer(async () => {
        asked.open();
        await answered.opened;
        return "SUM";
      }),
    });
    const folding = first.summarize(KEY, { force: true });
    await asked.opened;
    const summarizer = stubSummarizer();
    const waiting = asking(store, "acquireLease", async () => {
      waits.open();
      await folding;
      // Whatever else goes on in the process reads the session meanwhile.
      await second.getSession(KEY);
    });
    const second = withSummaries(waiting, { ...options, summarizer });
    const outcome = second.summarize(KEY, { force: true });
    await waits.opened;
    answered.open();
    expect(await outcome).toMatchObject({ kind: "skipped", reason: "nothing-new" });
    expect(summarizer.requests).toEqual([]);
  });

  test("who cannot read the session once it has the lease gives it back", async () => {
    const place = await places.fresh();
    const [store, other] = [await openPlace(place), await openPlace(place)];
    onTestFinished(async () => {
      await store.close();
      await other.close();
    });
    await store.createSession(KEY);
    for (const event of said("p", 6)) await store.appendEvent({ session: KEY, event });
    const options = { mode: "manual", keep: { turns: 1 }, tokenCounter: approximateCounter() } as const;
    let isAway = false;
    const away = asking(store, "getSession", async () => {
      if (isAway) throw new Error("away");
    });
    const leasing = asking(away, "acquireLease", async () => {
      isAway = true;
    });
    const first = withSummaries(leasing, { ...options, summarizer: stubSummarizer() });
    const failed = await first.summarize(KEY, { force: true });
    expect(failed).toMatchObject({ kind: "failed", error: { code: "commit-failed" } });
    const second = withSummaries(other, { ...options, summarizer: stubSummarizer(), timeoutMs: WAIT_MS });
    expect((await second.summarize(KEY, { force: true })).kind).toBe("summarized");
  });
});
