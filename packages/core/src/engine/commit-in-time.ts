import { CalledOff, withDeadline } from "../shared/deadline.ts";
import { SummarizeError } from "../shared/errors.ts";
import type { FoldedLog } from "../summaries/fold.ts";
import { attempt } from "./attempt.ts";
import type { CompactionRun } from "./compaction-run.ts";
import type { Committed, CompactionTarget, SummaryDraft } from "./compaction-target.ts";

/** Of a limit that is used up the store still gets so much: what was written is paid for. */
const LEAST_MS = 1000;

/** Terms of a commit. */
export interface CommitTerms extends Pick<CompactionRun, "signal" | "isDetached"> {
  /** When the summarisation began: a reading of `performance.now()`. */
  readonly startedAt: number;
  /** Its limit in milliseconds; null for none. */
  readonly timeoutMs: number | null;
}

/**
 * Commits, but does not wait longer for the store than the limit allows, or the caller. What was not handed to the store by
 * then never is. What was, cannot be taken back: the store may still take it.
 * @throws CalledOff when nothing was handed over; SummarizeError `commit-failed` for what fails or is not answered.
 */
export async function commitInTime(
  target: CompactionTarget,
  makeDraft: (log: FoldedLog) => SummaryDraft | undefined,
  { startedAt, timeoutMs, signal, isDetached }: CommitTerms,
): Promise<Committed | undefined> {
  const { sessionId } = target;
  let isOver = false;
  let isHandedOver = false;
  const drafted = (log: FoldedLog): SummaryDraft | undefined => {
    const draft = isOver ? undefined : makeDraft(log);
    isHandedOver = draft !== undefined;
    return draft;
  };
  const unanswered = (): SummarizeError => {
    const after = isHandedOver ? "; the summary may still arrive" : "; nothing was written";
    const message = `The session service did not answer in time${after}`;
    return new SummarizeError("commit-failed", message, sessionId, { transient: true });
  };
  const commit = (): Promise<Committed | undefined> =>
    attempt(sessionId, "commit-failed", "The session service did not take the summary", () =>
      target.commit(drafted),
    );
  try {
    const left = timeoutMs === null ? null : timeoutMs - (performance.now() - startedAt);
    return await withDeadline(commit, {
      timeoutMs: left === null || timeoutMs === null ? null : Math.max(left, Math.min(timeoutMs, LEAST_MS)),
      signal,
      isDetached,
      timedOut: unanswered,
    });
  } catch (error) {
    throw error instanceof CalledOff && isHandedOver ? unanswered() : error;
  } finally {
    isOver = true;
  }
}
