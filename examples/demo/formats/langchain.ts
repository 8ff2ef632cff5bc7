import { mapStoredMessageToChatMessage, type StoredMessage } from "@langchain/core/messages";
import { describe, isObject, type JsonObject, readEach } from "./json.ts";
import { ShapeError, type TranscriptEvent } from "./transcript.ts";

const TYPES = ["human", "ai", "system", "tool", "function", "generic"];
const TYPE_OF_CLASS: Readonly<Record<string, string>> = {
  HumanMessage: "human",
  AIMessage: "ai",
  SystemMessage: "system",
  ToolMessage: "tool",
  FunctionMessage: "function",
  ChatMessage: "generic",
};

/**
 * Whether a value is a LangChain message in a stored form: `{ type, data }` of `mapChatMessagesToStoredMessages`,
 * `{ lc, type: "constructor", id, kwargs }` of `JSON.stringify`, or the flat `{ type, content }` of LangGraph's API.
 */
export function isLangChainMessage(value: unknown): value is JsonObject {
  if (!isObject(value) || typeof value.type !== "string" || "role" in value) return false;
  return isObject(value.data) || isObject(value.kwargs) || "content" in value;
}

/**
 * Reads a conversation of stored LangChain messages.
 * @throws ShapeError that names the message and what is wrong with it.
 */
export function readLangChainMessages(messages: readonly unknown[]): readonly TranscriptEvent[] {
  return readEach(messages, "message", (message) => ({
    message: mapStoredMessageToChatMessage(checked(storedForm(message))),
  }));
}

function storedForm(message: JsonObject): { readonly type: string; readonly data: JsonObject } {
  if (isObject(message.kwargs)) {
    const id: unknown = message.id;
    const name = Array.isArray(id) ? String(id.at(-1)) : "";
    const type = TYPE_OF_CLASS[name.replace(/Chunk$/, "")];
    if (type === undefined)
      throw new ShapeError(`Expected \`id\` to end in a class of message, got ${describe(id)}`);
    return { type, data: message.kwargs };
  }
  const type = String(message.type);
  if (!TYPES.includes(type))
    throw new ShapeError(`Expected \`type\` to be one of ${TYPES.join(", ")}, got "${type}"`);
  return { type, data: isObject(message.data) ? message.data : message };
}

function checked({ type, data }: { readonly type: string; readonly data: JsonObject }): StoredMessage {
  const content = data.content;
  if (typeof content !== "string" && !Array.isArray(content))
    throw new ShapeError(`Expected \`content\` to be a text or a list of blocks, got ${describe(content)}`);
  if (type === "tool" && typeof data.tool_call_id !== "string")
    throw new ShapeError(`Expected \`tool_call_id\` to be a string, got ${describe(data.tool_call_id)}`);
  return { type, data: { ...data } } as unknown as StoredMessage;
}
