import type { BaseMessage } from "@langchain/core/messages";
import type { Mark } from "./marks.ts";
import { hasToolCalls, isAiMessage, isHumanMessage, isToolMessage } from "./message-content.ts";

/** Why an event of a window exists only there. Such events are never stored. */
export type SyntheticKind = "missing-result" | "late-result" | "orphan-result" | "opening";

/** What an event does besides being said. */
export interface EventActions {
  /** Never shown to the summarizer, never counted by a trigger, leaves the window with its region. */
  readonly skipSummarization?: boolean;
  /** Stays in the window verbatim, at its place, with its whole tool round. */
  readonly pinned?: boolean;
  /** Changes to the session's state; `app:` and `user:` prefixes widen the scope, `temp:` keys are not stored. */
  readonly stateDelta?: Readonly<Record<string, unknown>>;
  /** Makes this event a mark: a note about earlier events or summaries. */
  readonly marks?: readonly Mark[];
  /** Makes this event a summary: the record as plain JSON (`SessionSummary.toJSON()`). */
  readonly summary?: unknown;
  /** Set on events that a window made up, such as a placeholder for a missing tool result. */
  readonly synthetic?: SyntheticKind;
}

/** One entry of a session's log, fixed at append. */
export interface SessionEvent {
  /** Identity: the same id is never stored twice. */
  readonly id: string;
  /** Position in the log; ties (two processes on a store that does not number) are ordered by id. */
  readonly seq: number;
  /** Who said it: `user`, `system`, `tool`, or the name of an agent. */
  readonly author: string;
  /** The LangChain message; absent for an entry that only acts (a mark, a change of state). */
  readonly message?: BaseMessage;
  /** The run of an agent that the event belongs to. */
  readonly invocationId?: string;
  /** Path of the agent within a tree of agents, outermost first, joined by dots. */
  readonly branch?: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** A streaming piece. It is passed through and never stored. */
  readonly partial?: boolean;
  readonly actions: EventActions;
}

/** True for an entry that is a summary. */
export function isSummaryEvent(event: SessionEvent): boolean {
  return event.actions.summary !== undefined;
}

/** True for an entry that only carries marks. A message that carries some is part of the conversation as well. */
export function isMarkEvent(event: SessionEvent): boolean {
  return event.actions.marks !== undefined && event.message === undefined;
}

/** True for what was said or done in the conversation itself: neither a summary nor a mark. */
export function isConversationEvent(event: SessionEvent): boolean {
  return !isSummaryEvent(event) && !isMarkEvent(event);
}

/** True for what a user said, which starts a turn: authored by "user" in any case, and neither a tool result nor silent. */
export function isUserEvent(event: SessionEvent): boolean {
  if (event.message === undefined || !isConversationEvent(event)) return false;
  return event.author.toLowerCase() === "user" && isHumanMessage(event.message);
}

/** True for an event of the system: by author or by the role of its message. */
export function isSystemEvent(event: SessionEvent): boolean {
  if (!isConversationEvent(event)) return false;
  return event.message === undefined
    ? event.author.toLowerCase() === "system"
    : event.message.type === "system";
}

/** True for an answer that closes a turn: an AI message without tool calls. */
export function isFinalAnswer(event: SessionEvent): boolean {
  return event.message !== undefined && isAiMessage(event.message) && !hasToolCalls(event.message);
}

/** True for an event by which an agent acted: an AI message or a tool result. */
export function isAgentEvent(event: SessionEvent): boolean {
  return event.message !== undefined && (isAiMessage(event.message) || isToolMessage(event.message));
}
