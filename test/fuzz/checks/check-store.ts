import assert from "node:assert/strict";
import { FoldedLog, type SessionKey, windowOf } from "@sessionfold/core";
import { matchesWords } from "@sessionfold/core/storage";
import type { Store } from "../../stores/shared-stores.ts";
import { nameOf } from "../support/storage.ts";
import type { World } from "../support/world.ts";
import { textOf, viewOf } from "./log-view.ts";

const AGENTS = [undefined, "agent", "other"];

/** What a store keeps of a fold gives the window that a fresh fold of the whole log gives. */
export async function checkKept(world: World, store: Store, key: SessionKey): Promise<void> {
  const read = await store.readFolded(key);
  const latest = world.storage.latest(nameOf(key));
  if (read === null || latest.events === null) {
    assert.equal(read, latest.events, "a fold of a session that is not there, or none of one that is");
    return;
  }
  const { events, folded, window } = viewOf(latest);
  const stored = new Map(events.map((event) => [event.id, textOf([event])]));
  for (const event of read.events)
    assert.equal(textOf([event]), stored.get(event.id), "a fold reads another entry than is stored");
  const { snapshot } = read;
  if (snapshot === undefined) {
    assert.equal(textOf(read.events), textOf(events), "without a kept fold not all of the log is read");
    return;
  }
  const resumed = FoldedLog.resume(snapshot, read.events);
  // What came since asks for the whole log.
  if (resumed === undefined) return;
  world.resumed++;
  assert.equal(resumed.lastSeq, folded.lastSeq, "a kept fold ends elsewhere than the log");
  for (const agent of AGENTS)
    assert.equal(
      textOf(windowOf(resumed, { agent })),
      textOf(window(agent)),
      "a kept fold gives another window than the whole log",
    );
  assert.deepEqual(
    resumed.effective.map(({ summary }) => summary.id),
    folded.effective.map(({ summary }) => summary.id),
    "other summaries are effective in a kept fold",
  );
}

/** Words of which some are too short for an index. */
const SEARCHES = [["k0"], ["k0."], ["e1"], ["n1", "k"], [".1 e2"], ["k1.1", "n"], ["call"], ["nowhere"]];
const LIMITS = [2, 100];

/** The store finds what a walk over the whole log finds, in the same order. */
export async function checkSearch(world: World, store: Store, key: SessionKey): Promise<void> {
  await world.storage.read(async () => {
    const { events } = viewOf(world.storage.latest(nameOf(key)));
    for (const words of SEARCHES) {
      const expected = events.filter((event) => matchesWords(event, words)).reverse();
      for (const limit of LIMITS) {
        const found = await store.searchEvents({ ...key, words, limit });
        assert.equal(
          textOf(found),
          textOf(expected.slice(0, limit)),
          `the store finds other events: ${words}`,
        );
      }
    }
  });
}

/** A process that begins now shows what the log folds to. */
export async function checkNewcomer(world: World, key: SessionKey): Promise<void> {
  const { service } = world.newcomer();
  const session = await service.getSession({ ...key, wait: false });
  const latest = world.storage.latest(nameOf(key));
  if (latest.events === null) {
    assert.equal(session, null, "a session that is not there");
    return;
  }
  const { naive, window } = viewOf(latest);
  assert.equal(
    textOf(session?.events ?? []),
    textOf(window(undefined, world.config.merged)),
    "a process that begins shows another window than the log's",
  );
  const listed = await service.listSummaryStatus(key);
  const effective = listed.filter(({ status }) => status === "effective").map(({ summary }) => summary.id);
  assert.deepEqual(effective, naive.effective, "a process that begins lists other summaries as effective");
}
