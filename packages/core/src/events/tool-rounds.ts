import { isToolMessage, type ToolCallInfo, toolCallsOf } from "./message-content.ts";
import { isUserEvent, type SessionEvent } from "./session-event.ts";

/** An AI message with tool calls and every result of them. */
export interface ToolRound {
  readonly call: SessionEvent;
  readonly calls: readonly ToolCallInfo[];
  /** The result of each call, at the call's place; undefined while it is missing. */
  readonly results: (SessionEvent | undefined)[];
  /** Results that came when a user event had shown that nobody waited any more. */
  readonly late: SessionEvent[];
  /** All its events, in the order in which they came. */
  readonly members: SessionEvent[];
  /** How many calls have a result, late ones apart. Counted, since rounds of thousands of calls exist. */
  answered: number;
  /** How many user events stood in the log when the call was made. */
  readonly userEventsBefore: number;
}

/** What a tool result is to the log. */
export type ResultKind = "result" | "late" | "orphan";

/**
 * Finds the tool rounds of a log, event by event in log order. Ids of calls repeat in real sessions: a result
 * belongs to the nearest preceding call of its id.
 */
export class ToolRounds {
  readonly #byCallId = new Map<string, { round: ToolRound; at: number }>();
  readonly #roundOf = new Map<string, ToolRound>();
  readonly #kindOf = new Map<string, ResultKind>();
  #userEvents = 0;

  /** Takes the next event of the log. */
  add(event: SessionEvent): void {
    const { message } = event;
    if (isUserEvent(event)) this.#userEvents++;
    if (message === undefined) return;
    if (isToolMessage(message)) {
      this.#addResult(event, message.tool_call_id);
      return;
    }
    const calls = toolCallsOf(message);
    if (calls.length === 0) return;
    const round: ToolRound = {
      call: event,
      calls,
      results: calls.map(() => undefined),
      late: [],
      members: [event],
      answered: 0,
      userEventsBefore: this.#userEvents,
    };
    this.#roundOf.set(event.id, round);
    // Of equal ids within one message the first unanswered one gets the next result.
    calls.forEach((call, at) => {
      if (this.#byCallId.get(call.id)?.round !== round) this.#byCallId.set(call.id, { round, at });
    });
  }

  /** The round that an event is part of, as its call or as a result, late ones included. */
  roundOf(event: SessionEvent): ToolRound | undefined {
    return this.#roundOf.get(event.id);
  }

  /** What stays together with an event: its whole round, or the event alone. */
  unitOf(event: SessionEvent): readonly SessionEvent[] {
    return this.#roundOf.get(event.id)?.members ?? [event];
  }

  /** Whether a call of that id was made. */
  hasCall(callId: string): boolean {
    return this.#byCallId.has(callId);
  }

  /** What a tool result is; undefined for any other event. */
  kindOf(event: SessionEvent): ResultKind | undefined {
    return this.#kindOf.get(event.id);
  }

  /** Whether a result is missing that somebody may still wait for: no user event followed the call. */
  isPending(round: ToolRound): boolean {
    return isUnanswered(round) && round.userEventsBefore === this.#userEvents;
  }

  #addResult(event: SessionEvent, callId: string): void {
    const found = this.#byCallId.get(callId);
    if (found === undefined) {
      this.#kindOf.set(event.id, "orphan");
      return;
    }
    const { round } = found;
    const at = round.results[found.at] === undefined ? found.at : freeSlot(round, callId);
    if (at < 0) {
      this.#kindOf.set(event.id, "orphan");
      return;
    }
    this.#roundOf.set(event.id, round);
    round.members.push(event);
    if (round.userEventsBefore === this.#userEvents) {
      round.results[at] = event;
      round.answered++;
      this.#kindOf.set(event.id, "result");
    } else {
      round.late.push(event);
      this.#kindOf.set(event.id, "late");
    }
  }
}

/** Whether a call of the round has no result, apart from late ones. */
export function isUnanswered(round: ToolRound): boolean {
  return round.answered < round.calls.length;
}

/** Every event of a round: the call, its results in call order, late ones last. */
export function membersOf(round: ToolRound): readonly SessionEvent[] {
  return [round.call, ...round.results.filter((result) => result !== undefined), ...round.late];
}

function freeSlot(round: ToolRound, callId: string): number {
  return round.calls.findIndex((call, at) => call.id === callId && round.results[at] === undefined);
}
