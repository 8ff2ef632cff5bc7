import type { BaseMessage, SystemMessage } from "@langchain/core/messages";
import { type SessionEvent, windowOf } from "@sessionfold/core";
import type { ModelRequest } from "langchain";
import type { Conversation } from "./conversation.ts";

/** How a window is laid out for a request. */
export interface WindowSetup {
  readonly agent: string | undefined;
  /** Messages that are sent behind the window as they are. */
  readonly passing: readonly BaseMessage[];
  /** Puts summaries that lead the conversation into the system prompt. */
  readonly mergeSummaries: boolean;
}

/** The request with the window in place of its messages; the request itself where that changes nothing. */
export function withWindow(
  request: ModelRequest,
  conversation: Conversation,
  setup: WindowSetup,
): ModelRequest {
  if (conversation.isPlain) return request;
  const { mergeSummaries, passing } = setup;
  const messages = [...shownMessages(conversation, setup).map(({ message }) => message), ...passing];
  const [first] = messages;
  const isMerged = mergeSummaries && conversation.log.effective.length > 0 && first?.type === "system";
  if (!isMerged || request.systemMessage.text === "") return { ...request, messages };
  // A second system message behind the agent's own prompt is what some providers refuse.
  const systemMessage = request.systemMessage.concat(`\n\n${first.text}`) as SystemMessage;
  return { ...request, systemMessage, messages: messages.slice(1) };
}

/** A message of a window and the event that it shows. */
export interface ShownMessage {
  readonly message: BaseMessage;
  readonly event: SessionEvent;
}

/** The window of a conversation, in order. */
export function shownMessages(conversation: Conversation, setup: WindowSetup): readonly ShownMessage[] {
  const { agent = UNNAMED_AGENT, mergeSummaries } = setup;
  return windowOf(conversation.log, { agent, mergeSummaries, isSent: true }).flatMap((event) => {
    const message = conversation.messageOf(event);
    return message === undefined ? [] : { message, event };
  });
}

/** What `createAgent` calls an agent without a name in its messages. */
const UNNAMED_AGENT = "model";

/**
 * The messages of a request, and apart from them those that another middleware has put behind the state's: a reminder that
 * is made anew for each call belongs to no conversation.
 */
export function withoutPassing({
  messages,
  state,
}: Pick<ModelRequest, "messages" | "state">): readonly [readonly BaseMessage[], readonly BaseMessage[]] {
  const kept = state.messages;
  if (messages === kept || messages.length <= kept.length) return [messages, []];
  if (kept.length === 0 || kept.some((message, at) => message !== messages[at])) return [messages, []];
  return [kept, messages.slice(kept.length)];
}
