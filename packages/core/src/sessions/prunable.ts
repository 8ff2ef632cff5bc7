import type { FoldedLog } from "../summaries/fold.ts";
import type { PruneOptions } from "./summarizing-session-service.ts";

/** Ids of the events that may be deleted: an effective summary covers them and nothing shows them any more. */
export function prunableIds(log: FoldedLog, { summaryId, before }: PruneOptions): readonly string[] {
  const asked = summaryId === undefined ? undefined : log.coveredIds(summaryId);
  return log.events
    .filter((event) => log.coveringSummary(event.id) !== undefined && log.isHidden(event))
    .filter((event) => (asked?.has(event.id) ?? true) && (before === undefined || event.timestamp < before))
    .map((event) => event.id);
}
