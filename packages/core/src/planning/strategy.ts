import type { SessionEvent } from "../events/session-event.ts";
import { type FoldedLog, inLogOrder } from "../summaries/fold.ts";
import type { SummaryNode } from "../summaries/summary-node.ts";

/**
 * How a new summary stands to those before it. `rolling` (default): it takes their place and gets their text to read.
 * `blocks`: it stands beside them; when so many of one level have come together, the next fold takes them in. The window
 * keeps its beginning byte for byte until then, which prompt caches reward. `independent`: it stands beside them for good.
 * `whole`: it reads all raw events again and takes the place of them all.
 */
export type Strategy = "rolling" | "blocks" | "independent" | "whole";

/** Every strategy. */
export const STRATEGIES: readonly Strategy[] = ["rolling", "blocks", "independent", "whole"];

/** What a fold takes in besides its new events. */
export interface Inheritance {
  /** Summaries whose place it takes. */
  readonly replaced: readonly SummaryNode[];
  /** Events that earlier summaries cover and that are read again. */
  readonly reread: readonly SessionEvent[];
  /** How often summaries were merged into it: 0 where only events went in. */
  readonly level: number;
}

/** What a fold takes in, of the summaries that stand in its region. */
export function inherit(
  strategy: Strategy,
  log: FoldedLog,
  standing: readonly SummaryNode[],
  blockLimit: number,
): Inheritance {
  switch (strategy) {
    case "independent":
      return { replaced: [], reread: [], level: 0 };
    case "blocks":
      return fullLevels(standing, blockLimit);
    case "whole": {
      const reread = rawEvents(log, standing);
      // Events that were pruned live on in the earlier summary alone.
      return reread === undefined
        ? inherit("rolling", log, standing, blockLimit)
        : { replaced: [], reread, level: 0 };
    }
    case "rolling":
      return { replaced: standing, reread: [], level: standing.length === 0 ? 0 : highestLevel(standing) };
  }
}

function fullLevels(standing: readonly SummaryNode[], limit: number): Inheritance {
  const replaced: SummaryNode[] = [];
  for (let level = 0; ; level++) {
    const blocks = standing.filter(({ summary }) => summary.level === level);
    if (blocks.length < limit) {
      return { replaced: [...replaced].sort((a, b) => a.position - b.position), reread: [], level };
    }
    replaced.push(...blocks);
  }
}

function highestLevel(standing: readonly SummaryNode[]): number {
  return standing.reduce((highest, { summary }) => Math.max(highest, summary.level), 0);
}

function rawEvents(log: FoldedLog, standing: readonly SummaryNode[]): readonly SessionEvent[] | undefined {
  const events: SessionEvent[] = [];
  for (const { summary } of standing) {
    const covered = log.coveredEvents(summary.id);
    if (covered.length < log.coveredIds(summary.id).size) return undefined;
    events.push(...covered);
  }
  return events.sort(inLogOrder);
}
