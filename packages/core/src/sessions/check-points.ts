import { isFinalAnswer, isUserEvent, type SessionEvent } from "../events/session-event.ts";
import { isUnanswered } from "../events/tool-rounds.ts";
import type { FoldedLog } from "../summaries/fold.ts";

/**
 * When a session is looked at after an append. `before`: the event is a user's, so the session is judged as it stood
 * before it; that finds turns that nobody closed, and pauses. `after`: a turn was closed or a tool round completed.
 */
export function checkPoint(log: FoldedLog, event: SessionEvent): "before" | "after" | undefined {
  if (isUserEvent(event)) return "before";
  if (isFinalAnswer(event)) return "after";
  const round = log.rounds.roundOf(event);
  return round !== undefined && round.call !== event && !isUnanswered(round) ? "after" : undefined;
}
