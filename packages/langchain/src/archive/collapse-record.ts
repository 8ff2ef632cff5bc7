import type { SessionSummary } from "@sessionfold/core";
import type { SummaryRecord } from "../messages/summary-records.ts";

/** What leaves a list of messages, and where the others then stand. */
export interface Departure {
  /** How many messages before a position stay. */
  stayingBefore(position: number): number;
}

/** Counts once what stays before each index. */
export function departure(length: number, leaving: ReadonlySet<number>): Departure {
  const staying: number[] = [0];
  for (let at = 0; at < length; at++) staying.push((staying[at] ?? 0) + (leaving.has(at) ? 0 : 1));
  return {
    stayingBefore: (position) => staying[Math.min(length, Math.max(0, Math.ceil(position)))] ?? 0,
  };
}

/**
 * The record of a summary whose events have left the state: it counts without them. In their place stands one id that no
 * message has, and those of the latest ones; so a record does not grow with the archive, and the session service has the whole one. Positions follow
 * those of the messages that stay.
 */
export function collapseRecord(
  summary: SessionSummary,
  digest: string,
  {
    position,
    covers,
    omitted,
    departure,
  }: {
    /** Where the summary stood. */
    readonly position: number;
    /** Ids and digests of what it covers: of what stays in the state, hidden, and of what may come back. */
    readonly covers: NonNullable<SummaryRecord["covers"]>;
    /** Ids of what it omitted that stay in the state, hidden. */
    readonly omitted: readonly string[];
    readonly departure: Departure;
  },
): SummaryRecord {
  const { coverage } = summary;
  const fromSeq = departure.stayingBefore(position) - 0.5;
  return {
    v: 1,
    digest,
    archived: true,
    covers,
    summary: {
      ...summary.toJSON(),
      coverage: {
        direct: [`archived:${summary.id}`, ...covers.map(([id]) => id)],
        replaces: [],
        omitted,
        fromSeq,
        toSeq: Math.max(fromSeq, departure.stayingBefore(coverage.toSeq) - 0.5),
        planSeq: departure.stayingBefore(coverage.planSeq + 1) - 1,
      },
    },
  };
}
