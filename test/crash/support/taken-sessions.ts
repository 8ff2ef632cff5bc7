import assert from "node:assert/strict";
import { createEvent, eventBody } from "@sessionfold/core/storage";
import { entry } from "./conversation.ts";
import type { PlacedStore } from "./place.ts";
import { ENTRIES, type TakerTold } from "./taker-told.ts";

const BODIES = Array.from({ length: ENTRIES }, (_, seq) => eventBody(createEvent(entry(seq), seq, () => 0)));

/** Key of the session of that number. */
export function takenKey(at: number): { appName: string; userId: string; sessionId: string } {
  return { appName: "app", userId: "taker", sessionId: `taken-${at}` };
}

/** What was told of sessions that were taken over and deleted. */
export class TakenSessions {
  /** What was last told of each. */
  readonly #last = new Map<number, TakerTold["kind"]>();
  /** Sessions that a kill has left undecided, by what was found of them. */
  readonly undecided = { taken: 0, notTaken: 0, deleted: 0, notDeleted: 0 };

  /** Number of the first session that nobody has begun to take over. */
  get next(): number {
    return Math.max(-1, ...this.#last.keys()) + 1;
  }

  take(line: TakerTold): void {
    if (line.kind !== "ready") this.#last.set(line.at, line.kind);
  }

  /** Every session is there whole, or not at all; one whose deletion or import was acknowledged is as was told. */
  async check(store: PlacedStore): Promise<void> {
    for (const [at, last] of this.#last) {
      const isThere = await isWhole(store, at);
      if (last === "taken") assert.ok(isThere, `session ${at} is lost`);
      if (last === "deleted") assert.ok(!isThere, `session ${at} is there again`);
      if (last === "taking") this.undecided[isThere ? "taken" : "notTaken"]++;
      if (last === "deleting") this.undecided[isThere ? "notDeleted" : "deleted"]++;
      this.#last.set(at, isThere ? "taken" : "deleted");
    }
    const listed = await store.listSessions({ appName: "app", userId: "taker", limit: 1_000 });
    const left = [...this.#last].filter(([, last]) => last === "taken").map(([at]) => takenKey(at).sessionId);
    assert.deepEqual(new Set(listed.sessions.map(({ id }) => id)), new Set(left));
  }
}

async function isWhole(store: PlacedStore, at: number): Promise<boolean> {
  const session = await store.getSession(takenKey(at));
  const found = await store.searchEvents({ ...takenKey(at), words: ["question"], limit: 10 });
  if (session === null) {
    assert.deepEqual(found, [], "the text of a session that is not there is found");
    return false;
  }
  assert.deepEqual(session.state, { at });
  assert.deepEqual(session.events.map(eventBody), BODIES);
  assert.equal(found.length, 10);
  return true;
}
