import type { SessionEvent } from "../events/session-event.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { describe, requireObject } from "../shared/validate.ts";
import { closedEvents } from "../summaries/closed-entries.ts";
import type { FoldedLog } from "../summaries/fold.ts";
import type { PruneOptions } from "./summarizing-session-service.ts";

/**
 * Ids of the events that may be deleted: an effective summary covers them, and nothing shows them any more or depends on
 * them.
 * @throws ConfigurationError for an unknown option or a time that is none.
 */
export function prunableIds(log: FoldedLog, options: PruneOptions): readonly string[] {
  requireObject("options", options);
  const { summaryId, before, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new ConfigurationError(`Unknown option \`${unknown}\``);
  if (before !== undefined && !Number.isFinite(before)) {
    throw new ConfigurationError(
      `Expected \`before\` to be milliseconds since the epoch, got ${describe(before)}`,
    );
  }
  const asked = summaryId === undefined ? undefined : log.coveredIds(summaryId);
  const mayGo = (event: SessionEvent): boolean =>
    log.coveringSummary(event.id) !== undefined &&
    log.isHidden(event) &&
    (asked?.has(event.id) ?? true) &&
    (before === undefined || event.timestamp < before);
  return closedEvents(log, mayGo).map((event) => event.id);
}
