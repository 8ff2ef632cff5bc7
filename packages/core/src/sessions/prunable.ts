import type { SessionEvent } from "../events/session-event.ts";
import { isUnanswered, type ToolRound } from "../events/tool-rounds.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { describe, requireObject } from "../shared/validate.ts";
import type { FoldedLog } from "../summaries/fold.ts";
import type { PruneOptions } from "./summarizing-session-service.ts";

/**
 * Ids of the events that may be deleted: an effective summary covers them and nothing shows them any more. A tool round
 * goes whole or not at all, since the flags of one of its events hold for all. Behind a round that stays and lacks
 * results, all stays: what follows a call decides how it and its results are shown.
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
  const rounds = new Map<ToolRound, boolean>();
  const goes = (event: SessionEvent): boolean => {
    const round = log.rounds.roundOf(event);
    if (round === undefined) return mayGo(event);
    const whole = rounds.get(round) ?? round.members.every(mayGo);
    rounds.set(round, whole);
    return whole;
  };
  const open = log.events.find((event) => isOpen(log.rounds.roundOf(event)) && !goes(event));
  return log.events
    .filter((event) => goes(event) && (open === undefined || event.seq < open.seq))
    .map((event) => event.id);
}

function isOpen(round: ToolRound | undefined): boolean {
  return round !== undefined && (isUnanswered(round) || round.late.length > 0);
}
