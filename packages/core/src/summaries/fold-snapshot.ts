import { z } from "zod";
import type { SummaryStatus } from "./session-summary.ts";

/** A summary as a snapshot tells of it: what else would follow only from entries that are not read any more. */
export interface SnapshotSummary {
  readonly id: string;
  readonly status: SummaryStatus;
  /** Where it stands in a window. */
  readonly position: number;
  /** How many events it covers, itself and through what it absorbed. */
  readonly size: number;
  /** Ids of kept events that it covers. */
  readonly covered: readonly string[];
  /** Ids of kept events that it left out as skipped. */
  readonly omitted: readonly string[];
}

/**
 * What a log folds to up to a position: with the entries at `keep`, and those that came later, a fold goes on as if it had
 * read all. It is derived from the log and may be thrown away at any time.
 */
export interface FoldSnapshot {
  /** Version of this form. One of a version that is not known is not used. */
  readonly format: 1;
  /** Position of the last entry that it accounts for. */
  readonly seq: number;
  /** Positions, up to `seq`, of the entries that are still needed. */
  readonly keep: readonly number[];
  /** The summaries among these. */
  readonly summaries: readonly SnapshotSummary[];
}

const ids = z.array(z.string());

/** Reads a snapshot out of stored JSON. */
export const foldSnapshotSchema: z.ZodType<FoldSnapshot> = z.object({
  format: z.literal(1),
  seq: z.number().int(),
  keep: z.array(z.number()),
  summaries: z.array(
    z.object({
      id: z.string(),
      status: z.enum(["effective", "superseded", "inert", "hidden", "void"]),
      position: z.number(),
      size: z.number(),
      covered: ids,
      omitted: ids,
    }),
  ),
});
