import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  type MessageContent,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import {
  describe,
  isObject,
  type JsonObject,
  optionalList,
  optionalText,
  readEach,
  requiredText,
  toolArguments,
} from "./json.ts";
import { ShapeError, type TranscriptEvent } from "./transcript.ts";

/** Whether a value is a message as OpenAI's chat completions take it: `{ role, content, ... }`. */
export function isOpenAiMessage(value: unknown): value is JsonObject {
  return isObject(value) && typeof value.role === "string";
}

/**
 * Reads a conversation of OpenAI chat messages, those of the older function calling included.
 * @throws ShapeError that names the message and the field.
 */
export function readOpenAiMessages(messages: readonly unknown[]): readonly TranscriptEvent[] {
  // Old function calls have no id: a result belongs to the call before it.
  let functionCallId = "";
  return readEach(messages, "message", (message, at) => {
    if (isObject(message.function_call)) functionCallId = `function-call-${at}`;
    return { message: readMessage(message, functionCallId) };
  });
}

function readMessage(message: JsonObject, functionCallId: string): BaseMessage {
  const role = requiredText(message, "role");
  const name = optionalText(message, "name");
  const base = { content: contentOf(message), ...(name !== undefined && { name }) };
  switch (role) {
    case "system":
    case "developer":
      return new SystemMessage(base);
    case "user":
      return new HumanMessage(base);
    case "assistant":
      return new AIMessage({ ...base, tool_calls: callsOf(message, functionCallId) });
    case "tool":
      return new ToolMessage({ ...base, tool_call_id: requiredText(message, "tool_call_id") });
    case "function":
      return new ToolMessage({ ...base, tool_call_id: functionCallId });
    default:
      throw new ShapeError(
        `Expected \`role\` to be system, developer, user, assistant, tool or function, got "${role}"`,
      );
  }
}

function contentOf(message: JsonObject): MessageContent {
  const content = message.content ?? message.refusal ?? "";
  if (typeof content === "string") return content;
  if (!Array.isArray(content))
    throw new ShapeError(`Expected \`content\` to be a text or a list of parts, got ${describe(content)}`);
  return content.map((part: unknown) => {
    if (!isObject(part) || typeof part.type !== "string")
      throw new ShapeError(`Expected a part of \`content\` to have a \`type\`, got ${describe(part)}`);
    return { ...part, type: part.type };
  });
}

function callsOf(message: JsonObject, functionCallId: string) {
  const calls = readEach(optionalList(message, "tool_calls"), "tool call", (call) => {
    const made = isObject(call.function) ? call.function : call.custom;
    if (!isObject(made))
      throw new ShapeError(`Expected \`function\` to be an object, got ${describe(call.function)}`);
    return callOf(requiredText(call, "id"), made);
  });
  const single = message.function_call;
  return isObject(single) ? [...calls, callOf(functionCallId, single)] : calls;
}

function callOf(id: string, made: JsonObject) {
  const args = toolArguments(made.arguments ?? made.input);
  return { type: "tool_call" as const, id, name: requiredText(made, "name"), args };
}
