import type { AIMessage } from "@langchain/core/messages";
import {
  type MessageStamp,
  type SummaryRecord,
  stampMessage,
  stampsOf,
} from "../messages/summary-records.ts";
import type { Conversation } from "./conversation.ts";

/**
 * The answer to a call with the records that no message of the conversation carries yet, and none of a conversation that
 * it came from. A copy, unless there is nothing to change: an answer may be handed to other threads too, by a guard that
 * always says the same or from a cache.
 */
export function stampedAnswer(
  answer: AIMessage,
  name: string,
  { conversation, scope }: { readonly conversation: Conversation; readonly scope: string | undefined },
): AIMessage {
  const present = stampsOf(answer)?.[name];
  const found = present?.records ?? [];
  const { unstored } = conversation;
  const added = new Set(unstored.map(idOf));
  const own = found.filter((record) => isOf(conversation, record) && !added.has(idOf(record)));
  if (unstored.length === 0 && own.length === found.length && present?.agent === scope) return answer;
  const records = [...own, ...unstored];
  const stamp: MessageStamp = {
    ...(scope !== undefined && { agent: scope }),
    ...(records.length > 0 && { records }),
  };
  const copy = Object.assign(Object.create(Object.getPrototypeOf(answer) as object) as AIMessage, answer);
  stampMessage(copy, name, stamp);
  return copy;
}

/** The response of a model call with one of its messages in the place of another. */
export function withAnswerIn<R>(response: R, answer: AIMessage, taking: AIMessage): R {
  if (answer === taking) return response;
  if ((response as unknown) === answer) return taking as R;
  const { messages } = response as { readonly messages: readonly unknown[] };
  return { ...response, messages: messages.map((each) => (each === answer ? taking : each)) };
}

function isOf({ log }: Conversation, record: SummaryRecord): boolean {
  const id = idOf(record);
  return typeof id === "string" && log.get(id) !== undefined;
}

function idOf({ summary }: SummaryRecord): unknown {
  return (summary as { readonly id?: unknown } | null)?.id;
}
