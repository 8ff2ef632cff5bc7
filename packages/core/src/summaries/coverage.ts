import { z } from "zod";

/** What a summary stands for. There are no ranges: what a summary never read, it never hides. */
export interface Coverage {
  /** Ids of the events it read, in log order. */
  readonly direct: readonly string[];
  /** Ids of the summaries it read and takes the place of. */
  readonly replaces: readonly string[];
  /** Ids of skipped events of its region: not read, and out of the window for as long as they are skipped. */
  readonly omitted: readonly string[];
  /** Position of the first event it covers, itself or through what it replaces. Places it once events are pruned. */
  readonly fromSeq: number;
  /** Position of the last event it covers. For people and reports: what is hidden is decided by ids alone. */
  readonly toSeq: number;
  /** Position of the last event in the log when the summary was planned. Turns are counted from here. */
  readonly planSeq: number;
}

const ids = z.array(z.string());

/** Reads a coverage out of stored JSON. */
export const coverageSchema: z.ZodType<Coverage> = z.object({
  direct: ids,
  replaces: ids,
  omitted: ids,
  fromSeq: z.number(),
  toSeq: z.number(),
  planSeq: z.number(),
});

/** Ids of the events and summaries that a summary's record speaks of. A record that cannot be read speaks of none. */
export function referencesOf(record: unknown): {
  readonly events: readonly unknown[];
  readonly summaries: readonly unknown[];
  readonly planSeq: unknown;
} {
  const { direct, omitted, replaces, planSeq } =
    (record as { coverage?: Partial<Coverage> | null }).coverage ?? ({} as Partial<Coverage>);
  const listed = (ids: unknown): readonly unknown[] => (Array.isArray(ids) ? ids : []);
  return { events: [...listed(direct), ...listed(omitted)], summaries: listed(replaces), planSeq };
}
