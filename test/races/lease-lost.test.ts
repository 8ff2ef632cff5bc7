import { setTimeout as sleep } from "node:timers/promises";
import { approximateCounter, type Lease, withSummaries } from "@sessionfold/core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { gate } from "../background/support.ts";
import { openPlace, type PlacedStore } from "../crash/support/place.ts";
import { readingSummarizer } from "../crash/support/reading-summarizer.ts";
import { sharedPlaces } from "./support/places.ts";
import { KEY } from "./support/race.ts";
import { said } from "./support/said.ts";

const HOOK_MS = 60_000;
const LEASE_MS = 60;
const LOOK_MS = 5;

/** The lease of a fold, once that of another is over. */
async function taken(store: PlacedStore): Promise<Lease> {
  for (;;) {
    const lease = await store.acquireLease({ ...KEY, name: "fold", ttlMs: 600_000 });
    if (lease !== null) return lease;
    await sleep(LOOK_MS);
  }
}

describe.each(sharedPlaces())("a lease that is lost: $name", (places) => {
  beforeAll(() => places.start(), HOOK_MS);
  afterAll(() => places.stop(), HOOK_MS);

  test("while the summary is on its way to the store: the store refuses it, and the outcome says so", async () => {
    const place = await places.fresh();
    const [store, other] = [await openPlace(place), await openPlace(place)];
    onTestFinished(async () => {
      await store.close();
      await other.close();
    });
    await store.createSession(KEY);
    for (const event of said("p", 4)) await store.appendEvent({ session: KEY, event });
    const [handedOver, resumed, told] = [gate(), gate(), gate()];
    const slow = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        if (name === "renewLease")
          return async (request: Parameters<PlacedStore["renewLease"]>[0]) => {
            await resumed.opened;
            const isHeld = await target.renewLease(request);
            setImmediate(told.open);
            return isHeld;
          };
        if (name === "appendEvent")
          return async (request: Parameters<PlacedStore["appendEvent"]>[0]) => {
            handedOver.open();
            await told.opened;
            return target.appendEvent(request);
          };
        return value.bind(target);
      },
    });
    const folding = withSummaries(slow, {
      mode: "manual",
      summarizer: readingSummarizer(async () => undefined),
      keep: { turns: 1 },
      tokenCounter: approximateCounter(),
      leaseMs: LEASE_MS,
    }).summarize(KEY, { force: true });
    await handedOver.opened;
    const lease = await taken(other);
    resumed.open();
    expect(await folding).toMatchObject({ kind: "skipped", reason: "busy" });
    expect((await other.getSession(KEY))?.events).toHaveLength(16);
    // What the late one gives back is not what the other holds.
    expect(await other.renewLease({ ...KEY, lease, ttlMs: 1000 })).toBe(true);
  });
});
