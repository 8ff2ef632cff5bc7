import assert from "node:assert/strict";
import { EventsPrunedError, isConversationEvent, type SessionEvent } from "@sessionfold/core";
import type { Store } from "../../stores/shared-stores.ts";
import { bytesOf } from "../support/scripted-summarizer.ts";
import { nameOf } from "../support/storage.ts";
import { type Decorator, KEYS, type World } from "../support/world.ts";
import { checkNewcomer, checkSearch } from "./check-store.ts";
import { textOf, viewOf } from "./log-view.ts";

/** Checks everything once nothing is under way: what each decorator tells is what the store holds. */
export async function checkQuiet(world: World): Promise<void> {
  for (const { name } of world.script.running) assert.fail(`${name} still runs`);
  checkNothingLost(world);
  checkOrder(world);
  const { shared, storage } = world;
  if (shared !== undefined)
    for (const key of KEYS) {
      await checkSearch(world, storage.service as Store, key);
      await checkNewcomer(world, key);
    }
  for (const decorator of world.decorators) {
    for (const key of KEYS) await checkSession(world, decorator, key);
    checkCounts(world, decorator);
  }
}

/** Invariant 1: what was acknowledged is there, unless it was pruned. */
function checkNothingLost(world: World): void {
  for (const { key, incarnation, id } of world.acknowledged) {
    const version = world.storage.latest(key);
    if (version.events === null || version.incarnation !== incarnation || version.pruned.has(id)) continue;
    assert.ok(
      version.events.some((event) => event.id === id),
      `the event ${id} was acknowledged and is lost`,
    );
  }
}

/** Invariant 1: events stand in the order in which they were handed to one decorator. */
function checkOrder(world: World): void {
  for (const key of KEYS.map(nameOf)) {
    const stored = world.storage.latest(key).events ?? [];
    const latest = new Map<string, number>();
    for (const event of stored.filter(isConversationEvent)) {
      const tries = world.attempts.filter((each) => each.key === key && each.id === event.id);
      const [only] = tries;
      if (only === undefined || tries.length > 1) continue;
      assert.ok(
        (latest.get(only.decorator) ?? -1) < only.order,
        "events are stored in another order than they came",
      );
      latest.set(only.decorator, only.order);
    }
  }
}

async function checkSession(world: World, { service }: Decorator, key: (typeof KEYS)[number]): Promise<void> {
  const name = nameOf(key);
  const full = await service.getSession({ ...key, view: "full" });
  const latest = world.storage.latest(name);
  const { naive, window, events } = viewOf(latest);
  if (latest.events === null) {
    assert.equal(full, null, "a session that is not there");
    return;
  }
  assert.equal(textOf(full?.events ?? []), textOf(events), "the full view is not what the store holds");
  const read = await service.getSession({ ...key, wait: false });
  assert.equal(
    textOf(read?.events ?? []),
    textOf(window(undefined, world.config.merged)),
    "another window than the log's",
  );
  const listed = await service.listSummaryStatus(key);
  const effective = listed.filter(({ status }) => status === "effective").map(({ summary }) => summary.id);
  assert.deepEqual(effective, naive.effective, "other summaries are listed as effective");
  for (const { summary } of listed) {
    const covered = naive.covers(summary.id);
    const unfolded = service.unfold(key, summary.id);
    if ([...covered].some((id) => !events.some((event) => event.id === id))) {
      await assert.rejects(unfolded, EventsPrunedError);
      continue;
    }
    const originals = events.filter(({ id }) => covered.has(id));
    assert.equal(textOf(await unfolded), textOf(originals), "unfold gives other events than are covered");
  }
  const own = `K${key.userId.slice(-1)}`;
  for (const event of events.filter(isConversationEvent))
    assert.ok(!isForeign(event, own), "an event of another session");
}

/** Invariant 8: texts say which session they were said in. */
function isForeign(event: SessionEvent, own: string): boolean {
  const found = /\bK\d\b/.exec(bytesOf(event));
  return found !== null && found[0] !== own;
}

/** Invariant 9: an event is counted once by each decorator that keeps it in memory. */
function checkCounts(world: World, { counted }: Decorator): void {
  if (world.config.cached < KEYS.length) return;
  for (const [text, times] of counted)
    if (/^K\d/.test(text) && !/pruned/.test(text)) assert.ok(times <= 1, "an event was tokenised twice");
}
