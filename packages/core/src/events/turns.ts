import { isAgentEvent, isFinalAnswer, isUserEvent, type SessionEvent } from "./session-event.ts";

/** A user event and all that follows up to the next one, as positions in a list of events. */
export interface Turn {
  /** Position of its first event: the user's, but for what stands before the first user event. */
  readonly start: number;
  /** Position after its last event. */
  readonly end: number;
  /** Whether a user event starts it. */
  readonly byUser: boolean;
}

/** Cuts a list of events into turns. What stands before the first user event is a turn without a user. */
export function turnsOf(events: readonly SessionEvent[]): readonly Turn[] {
  const turns: Turn[] = [];
  let start = 0;
  for (let at = 1; at <= events.length; at++) {
    const next = events[at];
    if (next !== undefined && !isUserEvent(next)) continue;
    const first = events[start];
    if (first !== undefined) turns.push({ start, end: at, byUser: isUserEvent(first) });
    start = at;
  }
  return turns;
}

/** The last turn of a list of events; undefined for an empty one. */
export function lastTurn(events: readonly SessionEvent[]): Turn | undefined {
  if (events.length === 0) return undefined;
  const start = events.findLastIndex(isUserEvent);
  return { start: Math.max(0, start), end: events.length, byUser: start >= 0 };
}

/** Whether an AI message without tool calls closed the turn: its last act is an answer. */
export function isComplete(events: readonly SessionEvent[], turn: Turn): boolean {
  for (let at = turn.end - 1; at >= turn.start; at--) {
    const event = events[at];
    if (event !== undefined && isAgentEvent(event)) return isFinalAnswer(event);
  }
  return false;
}
