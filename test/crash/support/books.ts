import assert from "node:assert/strict";
import { BesideBooks } from "./beside.ts";
import { numberOf } from "./conversation.ts";
import type { Told } from "./told.ts";

/** How writes ended that were under way when something was killed. */
export interface Undecided {
  /** Kills that left a write of this kind without an answer. */
  appends: number;
  summaries: number;
  prunes: number;
  /** Those of them that were found to be done. */
  appendsDone: number;
  summariesDone: number;
  prunesDone: number;
}

export function nothingUndecided(): Undecided {
  return { appends: 0, summaries: 0, prunes: 0, appendsDone: 0, summariesDone: 0, prunesDone: 0 };
}

/** What was told of one session, by all children that worked on it. */
export class Books {
  /** Positions of the entries that were acknowledged, by their numbers. */
  readonly appended = new Map<number, number>();
  /** Number of the entry that was handed over last. */
  begun = -1;
  /** Ids of the summaries that were given to the store, and of those that were acknowledged. */
  readonly committed = new Set<string>();
  readonly summarized = new Set<string>();
  /** Marks that hide a summary, as far as they were acknowledged, and how many were asked for. */
  readonly hidden = new Set<string>();
  hidings = 0;
  /** Ids of the events that were acknowledged to be deleted, or were found to be. */
  readonly gone = new Set<string>();
  /** Ids that somebody set out to delete since the last check. */
  readonly deleting: (readonly string[])[] = [];
  /** Of the session beside it. */
  readonly beside: BesideBooks = new BesideBooks();
  #isAppending = false;

  /** Number of the first entry that nobody has acknowledged. */
  get next(): number {
    return Math.max(-1, ...this.appended.keys()) + 1;
  }

  take(line: Told): void {
    switch (line.kind) {
      case "appending":
        this.begun = Math.max(this.begun, line.at);
        this.#isAppending = true;
        break;
      case "appended":
        assert.ok(!this.appended.has(line.at), `entry ${line.at} was acknowledged twice`);
        this.appended.set(line.at, line.seq);
        this.#isAppending = false;
        break;
      case "committing":
        this.committed.add(line.summary);
        break;
      case "summarized":
        this.summarized.add(line.summary);
        break;
      case "hiding":
        this.hidings++;
        break;
      case "hidden":
        this.hidden.add(line.mark);
        break;
      case "deleting":
        this.deleting.push(line.ids);
        break;
      case "pruned":
        for (const id of line.ids) this.gone.add(id);
        break;
      default:
        this.beside.take(line);
    }
  }

  /** A child was killed: what it was at may be done or not, and is decided by what is stored. */
  settle(stored: ReadonlySet<string>, undecided: Undecided): void {
    if (this.#isAppending) {
      undecided.appends++;
      if (stored.has(`e${this.begun}`)) undecided.appendsDone++;
    }
    this.#isAppending = false;
    for (const id of this.committed) {
      if (this.summarized.has(id)) continue;
      undecided.summaries++;
      if (stored.has(id)) {
        undecided.summariesDone++;
        this.summarized.add(id);
      } else this.committed.delete(id);
    }
    for (const ids of this.deleting) {
      if (ids.every((id) => this.gone.has(id))) continue;
      undecided.prunes++;
      const left = ids.filter((id) => stored.has(id)).length;
      assert.ok(left === 0 || left === ids.length, `of ${ids.length} deleted events ${left} are left`);
      if (left > 0) continue;
      undecided.prunesDone++;
      for (const id of ids) this.gone.add(id);
    }
    this.deleting.length = 0;
  }

  /** Numbers of entries in order, without those that were deleted. */
  left(last: number): readonly number[] {
    const gone = new Set([...this.gone].map(numberOf));
    return Array.from({ length: last + 1 }, (_, at) => at).filter((at) => !gone.has(at));
  }
}
