import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  approximateCounter,
  type SessionEvent,
  type Summarizer,
  type SummarizingSessionService,
  withSummaries,
} from "@sessionfold/core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { gate } from "../background/support.ts";
import { Child } from "../crash/support/child.ts";
import { openPlace, type Place, type PlacedStore } from "../crash/support/place.ts";
import type { HolderJob, HolderTold } from "./support/holder-told.ts";
import { sharedPlaces } from "./support/places.ts";
import { KEY, race } from "./support/race.ts";
import { said } from "./support/said.ts";

const HOOK_MS = 60_000;
const TEST_MS = 180_000;
const LEASE_MS = 250;
/** Longer than any test. */
const LONG_LEASE_MS = 600_000;
const HOLDER = resolve(import.meta.dirname, "support/holder.ts");
const LATE = "Late.";
const IN_TIME = "In time.";

/** A session that a process of its own is folding, which has asked its model; and a store over the same storage here. */
async function held(
  place: Place,
  leaseMs: number = LEASE_MS,
): Promise<{ holder: Child<HolderTold>; store: PlacedStore }> {
  const store = await openPlace(place);
  await store.createSession(KEY);
  for (const event of said("p", 8)) await store.appendEvent({ session: KEY, event });
  const holder = new Child<HolderTold>(HOLDER);
  onTestFinished(async () => {
    holder.crash();
    await holder.ended;
    await store.close();
  });
  await holder.untilTold("ready");
  holder.send({ place, key: KEY, leaseMs, text: LATE } satisfies HolderJob);
  await holder.untilTold("asked");
  return { holder, store };
}

function folding(store: PlacedStore, work: () => Promise<void>): SummarizingSessionService {
  const summarizer: Summarizer = {
    name: "here",
    model: "stub-model",
    summarize: async () => {
      await work();
      return { text: IN_TIME };
    },
  };
  return withSummaries(store, {
    mode: "manual",
    summarizer,
    keep: { turns: 1 },
    tokenCounter: approximateCounter(),
    leaseMs: LEASE_MS,
  });
}

/** Has its model answer, and waits for what came of it. */
async function outcomeOf(holder: Child<HolderTold>): Promise<string | undefined> {
  holder.send({});
  await holder.untilTold("done");
  expect(await holder.ended).toEqual({ exitCode: 0, signal: null, errors: "" });
  return holder.told.find((line) => line.kind === "outcome")?.outcome;
}

async function effectiveTexts(store: PlacedStore): Promise<readonly string[]> {
  const listed = await withSummaries(store, { mode: "manual" }).listSummaryStatus(KEY);
  return listed.filter(({ status }) => status === "effective").map(({ summary }) => summary.text);
}

async function logOf(store: PlacedStore): Promise<readonly SessionEvent[]> {
  return (await store.getSession(KEY))?.events ?? [];
}

describe.each(sharedPlaces())("a process that stands still amid a call of its model: $name", (places) => {
  beforeAll(() => places.start(), HOOK_MS);
  afterAll(() => places.stop(), HOOK_MS);

  test("past its lease, while another folds: its summary is refused, and the other's stands", async () => {
    const { holder, store } = await held(await places.fresh());
    holder.pause();
    const [asked, answered] = [gate(), gate()];
    const here = folding(store, async () => {
      asked.open();
      await answered.opened;
    });
    const folded = here.summarize(KEY, { force: true });
    await asked.opened;
    holder.resume();
    expect(await outcomeOf(holder)).toBe("busy");
    answered.open();
    expect((await folded).kind).toBe("summarized");
    expect(await effectiveTexts(store)).toEqual([IN_TIME]);
    expect(JSON.stringify(await logOf(store))).not.toContain(LATE);
  });

  test("past its lease, until another has folded: its summary is refused, and the other's stands", async () => {
    const { holder, store } = await held(await places.fresh());
    holder.pause();
    const here = folding(store, async () => undefined);
    expect((await here.summarize(KEY, { force: true })).kind).toBe("summarized");
    const before = await logOf(store);
    holder.resume();
    // Either it is told first that the lease is another's, or it looks at the log first.
    expect(await outcomeOf(holder)).toMatch(/^(busy|nothing-new)$/);
    expect(await logOf(store)).toEqual(before);
    expect(await effectiveTexts(store)).toEqual([IN_TIME]);
  });

  test("past its lease, which nobody has taken: its summary stands", async () => {
    const { holder, store } = await held(await places.fresh());
    holder.pause();
    // Nothing is asked of the time: the lease may or may not be over, and either is right.
    await sleep(2 * LEASE_MS);
    await store.appendEvent({ session: KEY, event: said("q", 1)[0] ?? {} });
    holder.resume();
    expect(await outcomeOf(holder)).toBe("summarized");
    expect(await effectiveTexts(store)).toEqual([LATE]);
    expect((await logOf(store)).map(({ seq }) => seq)).toEqual(Array.from({ length: 34 }, (_, at) => at));
  });

  test("within its lease: nobody folds meanwhile who would not wait", async () => {
    const { holder, store } = await held(await places.fresh(), LONG_LEASE_MS);
    holder.pause();
    const outcomes: string[] = [];
    const here = withSummaries(store, {
      mode: "inline",
      trigger: () => true,
      keep: { turns: 1 },
      summarizer: { name: "never", model: "stub-model", summarize: async () => ({ text: "Twice." }) },
      tokenCounter: approximateCounter(),
      onOutcome: (outcome) => outcomes.push(outcome.kind === "skipped" ? outcome.reason : outcome.kind),
    });
    // A turn's last event, at which it would fold.
    for (const event of said("q", 1)) await here.appendEvent({ session: KEY, event });
    expect(new Set(outcomes)).toEqual(new Set(["busy"]));
    holder.resume();
    expect(await outcomeOf(holder)).toBe("summarized");
    expect(await effectiveTexts(store)).toEqual([LATE]);
  });

  test(
    "or wherever else it stands still: nothing is lost or doubled, and every summary that is stored takes effect",
    async () => {
      const report = await race({
        place: await places.fresh(),
        processes: 4,
        turns: 8,
        leaseMs: LEASE_MS,
        leasesEnd: true,
        meanwhile: async ({ processes, appended }) => {
          while (appended() < 4 * 8 * 4) {
            const one = processes[Math.floor(Math.random() * processes.length)];
            one?.pause();
            await sleep(Math.random() * 2 * LEASE_MS);
            one?.resume();
            await sleep(Math.random() * LEASE_MS);
          }
        },
      });
      expect(report.summaries).toBeGreaterThan(1);
      expect(report.calls).toBeGreaterThanOrEqual(report.summaries);
    },
    TEST_MS,
  );
});
