import { AsyncLocalStorage } from "node:async_hooks";
import type { AIMessage } from "@langchain/core/messages";
import type { SessionStatistics, SummarizeOutcome } from "@sessionfold/core";
import {
  BackgroundJobs,
  errorName,
  evaluateTrigger,
  keptAwake,
  withDeadline,
} from "@sessionfold/core/engine";
import type { SummaryRecord } from "../messages/summary-records.ts";
import type { ResolvedBackground } from "./background-options.ts";
import { type FinishedFold, FinishedFolds } from "./finished-folds.ts";
import { LimitWait } from "./limit-wait.ts";
import type { ModelCall } from "./model-call.ts";

/** What a fold in the background is made with. */
export interface BackgroundRun {
  readonly signal: AbortSignal;
  readonly onRecord: (record: SummaryRecord) => void;
  /** The answer to the call, where there is one and no later call has brought it. */
  readonly answer: () => AIMessage | undefined;
}

/** What the filter does for its folds in the background. */
export interface BackgroundSetup extends ResolvedBackground {
  /** Makes one attempt, and tells the application of it. */
  readonly fold: (call: ModelCall, run: BackgroundRun) => Promise<SummarizeOutcome | undefined>;
  /** The figures that triggers are asked about. */
  readonly statistics: (call: ModelCall) => SessionStatistics;
  readonly clock: () => number;
  readonly warn: (message: string) => void;
}

/** A conversation that is to be looked at. */
interface Asked {
  readonly call: ModelCall;
  readonly answer: AIMessage | undefined;
}

/** Conversations that may wait for their fold; others are found again at their next model call. */
const MOST_WAITING = 1000;

/** Set within a fold in the background, of any filter: whoever is asked there must not wait for folds. */
const withinFold = new AsyncLocalStorage<true>();

/** Folds conversations after the model calls that make them due, apart from the runs that these belong to. */
export class BackgroundFolds {
  readonly #setup: BackgroundSetup;
  readonly #jobs: BackgroundJobs<Asked>;
  readonly #finished = new FinishedFolds();
  readonly #limitWait: LimitWait;
  readonly #closing = new AbortController();

  constructor(setup: BackgroundSetup) {
    this.#setup = setup;
    this.#limitWait = new LimitWait(setup.limitWaitMs);
    this.#jobs = new BackgroundJobs<Asked>({
      work: (asked) => withinFold.run(true, () => this.#fold(asked)),
      // The later call knows all that the earlier one did. A fork that is left out here asks again at its next call.
      both: (_, added) => added,
      maxConcurrent: setup.maxConcurrentFolds,
      maxWaiting: MOST_WAITING,
      waitUntil: setup.waitUntil,
    });
  }

  /** Takes up what was folded meanwhile. Returns what no run was told of yet. */
  takeUp({ conversation }: ModelCall): readonly FinishedFold[] {
    return this.#finished.takeUp(conversation, true);
  }

  /** Has a conversation looked at once this call is over, with the answer that came of it. */
  leave(call: ModelCall, answer?: AIMessage): void {
    this.#jobs.add(call.conversation.beginning, { call, answer });
  }

  /** Waits while a conversation is too large; within a fold nobody waits. False where there was nothing to wait for. */
  async waitIfTooLarge(call: ModelCall): Promise<boolean> {
    const { limit, clock, statistics, warn } = this.#setup;
    if (limit === undefined || withinFold.getStore() === true || this.#closing.signal.aborted) return false;
    let isFirst = true;
    const isTooLarge = async (): Promise<boolean> => {
      if (!isFirst) this.#finished.takeUp(call.conversation, false);
      try {
        if (!(await evaluateTrigger(limit, statistics(call), clock())).fired) return false;
      } catch {
        warn("sessionfold: the limit could not be evaluated; the call does not wait");
        return false;
      }
      isFirst = false;
      return true;
    };
    const pending = this.#pending(call);
    await this.#limitWait.wait({
      isTooLarge,
      pending,
      start: () => this.leave(call),
      signal: this.#signal(call),
    });
    return !isFirst;
  }

  /** Waits for the fold of a conversation that is under way. False where it has not ended in time, or may not be waited for. */
  async end(call: ModelCall): Promise<boolean> {
    const pending = this.#pending(call);
    if (pending() === undefined) return true;
    if (withinFold.getStore() === true) return false;
    return this.#limitWait.end({ pending, signal: this.#signal(call) });
  }

  /** Waits for all that is known at the call. */
  async flush(): Promise<void> {
    await keptAwake(this.#jobs.settled());
  }

  /** Takes no more work, waits so many milliseconds for what there is, then calls it off. */
  async close(drainMs: number): Promise<void> {
    this.#jobs.stop();
    const over = new Error("Drained long enough");
    const { signal } = this.#closing;
    try {
      if (drainMs > 0)
        await withDeadline(() => this.flush(), { timeoutMs: drainMs, signal, timedOut: () => over });
    } catch (error) {
      // Otherwise another call of `close` has ended it all.
      if (error !== over && !signal.aborted) throw error;
    }
    this.#closing.abort();
    await this.flush();
  }

  #pending({ conversation }: ModelCall): () => Promise<void> | undefined {
    return () => this.#jobs.pending(conversation.beginning);
  }

  /** Ends the waiting of a call: the end of its run, or of the filter. */
  #signal({ request }: ModelCall): AbortSignal {
    const { signal } = request.runtime;
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
  }

  async #fold({ call, answer }: Asked): Promise<void> {
    const { conversation, messages } = call;
    const { signal } = this.#closing;
    if (signal.aborted) return;
    let record: SummaryRecord | undefined;
    const onRecord = (made: SummaryRecord): void => {
      record = made;
    };
    const isNews = (): boolean => conversation.length === messages.length;
    try {
      // What was made for a conversation that begins alike is not paid for again.
      this.#finished.takeUp(conversation, false);
      const run = { signal, onRecord, answer: () => (isNews() ? answer : undefined) };
      const outcome = await this.#setup.fold(call, run);
      if (outcome?.kind !== "summarized" || record === undefined) return;
      this.#finished.add(conversation.beginning, { summaryId: outcome.summary.id, record, outcome });
    } catch (error) {
      const kind = errorName(error);
      this.#setup.warn(
        `sessionfold: could not fold in the background (${kind}); the next model call tries again`,
      );
    }
  }
}
