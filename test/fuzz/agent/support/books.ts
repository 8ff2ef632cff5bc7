import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import type { BaseMessage } from "@langchain/core/messages";
import type { SessionSummary } from "@sessionfold/core";

/** One call of a filter. */
export interface FilterCall {
  readonly thread: string;
  /** Which process, counted by restarts. */
  readonly process: number;
  readonly agent: string;
  /** Whose events it folds; undefined for the whole thread. */
  readonly scope: string | undefined;
  /** What it was given. */
  readonly input: readonly BaseMessage[];
  /** Summaries that were made in it. */
  readonly made: Made[];
  /** Ids of the summaries in what it has sent last. */
  shown: readonly string[];
}

/** The call of a filter that the code at hand belongs to. */
export const callAtHand: AsyncLocalStorage<FilterCall> = new AsyncLocalStorage();

/** A summary that was asked for, and, once it is written, the summary. */
export interface Made {
  readonly id: string;
  readonly order: number;
  /** By which it is found in a window. */
  readonly marker: string;
  /** Of a fold in the background: a call of which it may be. */
  call: FilterCall;
  /** All calls of whose lists it may be, as far as it tells: more than one only in the background. */
  lists: readonly FilterCall[];
  /** Ids of the messages with which the lists begin that it may be of. */
  readonly beginnings: ReadonlySet<string>;
  /** Ids of what was read, in order. */
  readonly read: readonly string[];
  readonly previous: readonly string[];
  /** Contents of all messages of the conversation as they were. */
  contents: ReadonlyMap<string, string>;
  /** `Books.changes` then. */
  readonly changes: number;
  summary: SessionSummary | undefined;
}

/** What a run has seen, and the first thing that was wrong with it. */
export class Books {
  readonly made = new Map<string, Made>();
  /** Every call, and every look at a thread, in order. */
  readonly calls: FilterCall[] = [];
  /** Which summaries rode on the answers of filters when they were given, by message id. */
  readonly carried = new Map<string, readonly string[]>();
  /** Summaries that an answer has carried once: a filter leaves it to the messages to keep them. */
  readonly handedOver = new Set<string>();
  /** How much was looked at: a run that checks nothing proves nothing. */
  readonly counts: Record<string, number> = {};
  /** How often threads were changed by hand. */
  changes = 0;
  #putOff: { readonly of: readonly Made[]; readonly check: () => void }[] = [];
  #problem: unknown;

  /** The summary of an id. */
  of(id: string): Made {
    const made = this.made.get(id);
    assert.ok(made !== undefined, "a summary that nobody was asked for");
    return made;
  }

  /** Runs a check. What it finds is kept: an agent would take it for a failure of its model. */
  check(what: string, check: () => void): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
    try {
      check();
    } catch (error) {
      this.#problem ??= error;
    }
  }

  /**
   * Runs a check once all these summaries are known: one counts from its commit on, and its outcome is told a little later.
   * What is never known is found when the books are looked at.
   */
  onceKnown(of: readonly Made[], check: () => void): void {
    this.#putOff.push({ of, check });
    this.checkPutOff();
  }

  /** Runs the checks that waited for what is known by now. */
  checkPutOff(isKnown: (made: Made) => boolean = ({ summary }) => summary !== undefined): void {
    const all = this.#putOff;
    this.#putOff = all.filter(({ of }) => !of.every(isKnown));
    for (const { of, check } of all) if (of.every(isKnown)) check();
  }

  /** Throws what was found. */
  throwIfBroken(): void {
    this.checkPutOff(() => true);
    if (this.#problem !== undefined) throw this.#problem;
  }
}
