import { AIMessage, isBaseMessage } from "@langchain/core/messages";
import { type MessageStamp, stampMessage } from "../messages/summary-records.ts";

/**
 * Leaves a stamp on the AI message of a model call's response, which may be the message itself or, under structured output,
 * an object with messages. The response stays the object it is.
 */
export function stampResponse(response: unknown, name: string, stamp: MessageStamp): void {
  const message = AIMessage.isInstance(response)
    ? response
    : messagesOf(response).find((each) => AIMessage.isInstance(each));
  if (message !== undefined) stampMessage(message, name, stamp);
}

function messagesOf(response: unknown): readonly unknown[] {
  const { messages } = (response ?? {}) as { messages?: unknown };
  return Array.isArray(messages) ? messages.filter((each) => isBaseMessage(each)) : [];
}
