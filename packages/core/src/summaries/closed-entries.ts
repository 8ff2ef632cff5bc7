import { isConversationEvent, type SessionEvent } from "../events/session-event.ts";
import { isUnanswered, type ToolRound } from "../events/tool-rounds.ts";
import type { FoldedLog } from "./fold.ts";

/**
 * The events of the conversation that are behind a log for good: `mayGo` says so of each of them, and nothing that stays
 * depends on them. A tool round goes whole or not at all, since the flags of one of its events hold for all. Behind a
 * round that stays and lacks results, all stays: what follows a call decides how it and its results are shown.
 */
export function closedEvents(
  log: FoldedLog,
  mayGo: (event: SessionEvent) => boolean,
): readonly SessionEvent[] {
  const rounds = new Map<ToolRound, boolean>();
  const goes = (event: SessionEvent): boolean => {
    const round = log.rounds.roundOf(event);
    if (round === undefined) return mayGo(event);
    const whole = rounds.get(round) ?? round.members.every(mayGo);
    rounds.set(round, whole);
    return whole;
  };
  const lastOf = (event: SessionEvent): number =>
    (log.rounds.roundOf(event)?.members ?? [event]).reduce((last, { seq }) => Math.max(last, seq), 0);
  // A round that reaches behind the end stays as well, and may be an open one itself.
  const open = log.events.filter((event) => isOpen(log.rounds.roundOf(event)));
  let end = open.find((event) => !goes(event))?.seq ?? Number.POSITIVE_INFINITY;
  for (const event of open.toReversed()) if (event.seq < end && lastOf(event) > end) end = event.seq;
  return log.events.filter((event) => isConversationEvent(event) && goes(event) && lastOf(event) < end);
}

function isOpen(round: ToolRound | undefined): boolean {
  return round !== undefined && (isUnanswered(round) || round.late.length > 0);
}
