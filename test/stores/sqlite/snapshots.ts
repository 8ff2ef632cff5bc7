import { FoldedLog, type FoldSnapshot, snapshotOf } from "@sessionfold/core";

/** A snapshot of a log without summaries. */
export function snapshotAt(seq: number, keep: readonly number[]): FoldSnapshot {
  return { ...snapshotOf(FoldedLog.of([])), seq, keep };
}
