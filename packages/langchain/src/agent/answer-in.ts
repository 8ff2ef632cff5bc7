import { AIMessage, isBaseMessage } from "@langchain/core/messages";

/**
 * The AI message of a model call's response, which may be the message itself or, under structured output, an object with
 * messages.
 */
export function answerIn(response: unknown): AIMessage | undefined {
  return AIMessage.isInstance(response)
    ? response
    : messagesOf(response).find((each) => AIMessage.isInstance(each));
}

function messagesOf(response: unknown): readonly unknown[] {
  const { messages } = (response ?? {}) as { messages?: unknown };
  return Array.isArray(messages) ? messages.filter((each) => isBaseMessage(each)) : [];
}
