import type { AIMessage, BaseMessage, ToolMessage } from "@langchain/core/messages";

/** One tool call of an AI message. A malformed call of the model counts as well: providers want its result too. */
export interface ToolCallInfo {
  readonly id: string;
  readonly name: string;
  /** The arguments as the model gave them: an object, or raw text where it was not valid JSON. */
  readonly args: unknown;
}

const REASONING = new Set([
  "reasoning",
  "thinking",
  "redacted_thinking",
  "reasoning_content",
  "non_standard",
]);
const CALLS = new Set([
  "tool_use",
  "tool_call",
  "tool_call_chunk",
  "invalid_tool_call",
  "function_call",
  "input_json_delta",
]);
const MEDIA_NAMES: Readonly<Record<string, string>> = {
  image_url: "image",
  input_image: "image",
  input_audio: "audio",
  document: "file",
  input_file: "file",
};

/** True for a message of the model. */
export function isAiMessage(message: BaseMessage): message is AIMessage {
  return message.type === "ai";
}

/** True for a message in the user's role. */
export function isHumanMessage(message: BaseMessage): boolean {
  return (
    message.type === "human" || (message.type === "generic" && (message as { role?: string }).role === "user")
  );
}

/** True for the result of a tool. */
export function isToolMessage(message: BaseMessage): message is ToolMessage {
  return message.type === "tool";
}

/** The tool calls of a message, in the order the model made them; none for other messages. */
export function toolCallsOf(message: BaseMessage): readonly ToolCallInfo[] {
  if (!isAiMessage(message)) return [];
  const calls = message.tool_calls ?? [];
  const malformed = message.invalid_tool_calls ?? [];
  if (calls.length === 0 && malformed.length === 0) return [];
  return [...calls, ...malformed].map((call) => ({
    id: call.id ?? "",
    name: call.name ?? "",
    args: call.args,
  }));
}

/** Whether a message calls tools. */
export function hasToolCalls(message: BaseMessage): boolean {
  if (!isAiMessage(message)) return false;
  return (message.tool_calls?.length ?? 0) > 0 || (message.invalid_tool_calls?.length ?? 0) > 0;
}

/** The text parts of a message, reasoning left out. */
export function textParts(message: BaseMessage): readonly string[] {
  const { content } = message;
  if (typeof content === "string") return content === "" ? [] : [content];
  if (!Array.isArray(content)) return [];
  const parts: string[] = [];
  for (const block of content as readonly unknown[]) {
    if (kindOfBlock(block) === "text")
      parts.push(typeof block === "string" ? block : (block as { text: string }).text);
  }
  return parts;
}

/** The text of a message, its parts joined without a separator as providers join streamed pieces. */
export function textOf(message: BaseMessage): string {
  return textParts(message).join("");
}

/** What a block of a message's content is to a reader: text, media, or neither, as reasoning and calls are. */
export function kindOfBlock(block: unknown): "text" | "media" | "neither" {
  if (typeof block === "string") return "text";
  if (!isBlock(block) || REASONING.has(block.type)) return "neither";
  if (typeof block.text === "string") return "text";
  return CALLS.has(block.type) ? "neither" : "media";
}

/** How many media of which kind a message carries: `{ image: 2 }`. */
export function mediaOf(message: BaseMessage): ReadonlyMap<string, number> {
  const media = new Map<string, number>();
  if (typeof message.content === "string" || !Array.isArray(message.content)) return media;
  for (const block of message.content as readonly unknown[]) {
    if (kindOfBlock(block) !== "media" || !isBlock(block)) continue;
    const name = MEDIA_NAMES[block.type] ?? block.type;
    media.set(name, (media.get(name) ?? 0) + 1);
  }
  return media;
}

/** Whether the model would see anything of the message: text, media or a tool call. A tool result always counts. */
export function hasContent(message: BaseMessage): boolean {
  if (isToolMessage(message) || hasToolCalls(message)) return true;
  return textParts(message).some((part) => part.trim() !== "") || mediaOf(message).size > 0;
}

function isBlock(value: unknown): value is { type: string } & Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"
  );
}
