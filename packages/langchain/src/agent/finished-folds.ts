import type { SummarizeOutcome } from "@sessionfold/core";
import type { SummaryRecord } from "../messages/summary-records.ts";
import type { Conversation } from "./conversation.ts";

/** A summary that was made in the background, and what is to be told of it. */
export interface FinishedFold {
  readonly summaryId: string;
  readonly record: SummaryRecord;
  readonly outcome: SummarizeOutcome;
}

/** Beginnings whose folds are kept; the oldest go first. A fold that is forgotten costs a summary, nothing else. */
const MOST_BEGINNINGS = 1000;
/** Folds of one beginning: those of forks that nobody goes on with are never stored. */
const MOST_FOLDS = 8;

interface Waiting extends FinishedFold {
  isTold: boolean;
}

/**
 * Summaries that were made in the background and that no message carries yet. A conversation takes up those that fit it,
 * whichever of the conversations that begin alike they were made for.
 */
export class FinishedFolds {
  readonly #byBeginning = new Map<string, Map<string, Waiting>>();

  /** Keeps a fold until a message carries it. */
  add(beginning: string, fold: FinishedFold): void {
    const folds = this.#byBeginning.get(beginning) ?? new Map<string, Waiting>();
    folds.set(fold.summaryId, { ...fold, isTold: false });
    dropOldest(folds, MOST_FOLDS);
    this.#byBeginning.delete(beginning);
    this.#byBeginning.set(beginning, folds);
    dropOldest(this.#byBeginning, MOST_BEGINNINGS);
  }

  /**
   * Brings a conversation up to date. Returns the folds that it stands on and that no run was told of, once each; none
   * unless `tells`.
   */
  takeUp(conversation: Conversation, tells: boolean): readonly FinishedFold[] {
    const { beginning } = conversation;
    const folds = this.#byBeginning.get(beginning);
    if (folds === undefined) return [];
    const news: Waiting[] = [];
    for (const fold of folds.values()) {
      const { summaryId, record } = fold;
      if (conversation.carries(summaryId)) folds.delete(summaryId);
      else conversation.takeUp(summaryId, record);
      if (!tells || fold.isTold || conversation.log.get(summaryId) === undefined) continue;
      fold.isTold = true;
      news.push(fold);
    }
    if (folds.size === 0) this.#byBeginning.delete(beginning);
    return news;
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
