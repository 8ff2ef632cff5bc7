import type { BaseMessage, SystemMessage } from "@langchain/core/messages";
import { type SessionEvent, windowOf } from "@sessionfold/core";
import type { ModelRequest } from "langchain";
import type { Conversation } from "./conversation.ts";
import type { PassingMessage } from "./split-request.ts";

/** How a window is laid out for a request. */
export interface WindowSetup {
  readonly agent: string | undefined;
  /** Messages that are sent with the window, and belong to this call alone. */
  readonly passing: readonly PassingMessage[];
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
  const shown = shownMessages(conversation, setup);
  const first = shown[0]?.message;
  const isMerged = mergeSummaries && conversation.log.effective.length > 0 && first?.type === "system";
  if (!isMerged || request.systemMessage.text === "")
    return { ...request, messages: [...withPassing(shown, conversation, passing)] };
  // A second system message behind the agent's own prompt is what some providers refuse.
  const systemMessage = request.systemMessage.concat(`\n\n${first.text}`) as SystemMessage;
  return { ...request, systemMessage, messages: [...withPassing(shown.slice(1), conversation, passing)] };
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

/** The window with the messages of this call alone at their places, or before what is left behind them. */
function withPassing(
  shown: readonly ShownMessage[],
  conversation: Conversation,
  passing: readonly PassingMessage[],
): readonly BaseMessage[] {
  const messages: BaseMessage[] = [];
  let next = 0;
  const pass = (upTo: number): void => {
    for (; next < passing.length; next++) {
      const each = passing[next];
      if (each === undefined || each.before > upTo) break;
      messages.push(each.message);
    }
  };
  for (const [index, { message, event }] of shown.entries()) {
    const at = conversation.indexOf(event);
    // System messages come first for some providers, so summaries that are one stay in front.
    if (at !== undefined) pass(at);
    else if (index === 0 && message.type !== "system") pass(0);
    messages.push(message);
  }
  pass(Number.POSITIVE_INFINITY);
  return messages;
}
