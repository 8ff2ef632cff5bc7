import { type BaseMessage, type BaseMessageLike, coerceMessageLikeToMessage } from "@langchain/core/messages";
import { ConfigurationError, describe } from "@sessionfold/core";

/**
 * A list of messages from all that LangChain takes for one: messages, `{ role, content }`, `["user", "..."]`, texts. The very
 * list where all are messages.
 * @throws ConfigurationError that names the place of what is none.
 */
export function messagesIn(given: readonly BaseMessageLike[]): readonly BaseMessage[] {
  if (!Array.isArray(given))
    throw new ConfigurationError(`Expected \`messages\` to be a list of messages, got ${describe(given)}`);
  const list = given as readonly BaseMessageLike[];
  return list.every(isMessage) ? list : list.map(messageAt);
}

function messageAt(given: BaseMessageLike, at: number): BaseMessage {
  const message = isMessage(given) ? given : coerced(given);
  if (message === undefined)
    throw new ConfigurationError(`Expected \`messages[${at}]\` to be a message, got ${describe(given)}`);
  return message;
}

function coerced(given: BaseMessageLike): BaseMessage | undefined {
  try {
    const message = coerceMessageLikeToMessage(given);
    return typeof message.content === "string" || Array.isArray(message.content) ? message : undefined;
  } catch {
    // LangChain's error quotes what was given. The caller is told its place.
    return undefined;
  }
}

/** Also of another copy of LangChain. */
function isMessage(given: unknown): given is BaseMessage {
  const { type, content } = (given ?? {}) as { readonly type?: unknown; readonly content?: unknown };
  const isOne = typeof (given as { _getType?: unknown } | null)?._getType === "function";
  return isOne && typeof type === "string" && content !== undefined;
}
