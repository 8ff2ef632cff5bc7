import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import type { ToolCallInfo } from "../events/message-content.ts";
import type { SessionEvent, SyntheticKind } from "../events/session-event.ts";

const MISSING = "[No result: the conversation went on before this call was answered.]";
const OPENING = "[The conversation below starts without a message of the user.]";

/** A marked result for a call that was never answered. Providers refuse a call without one. */
export function missingResult(call: SessionEvent, info: ToolCallInfo, at: number): SessionEvent {
  const message = new ToolMessage({
    content: MISSING,
    tool_call_id: info.id,
    status: "error",
    ...(info.name !== "" && { name: info.name }),
  });
  return {
    ...call,
    id: `${call.id}:missing-result:${at}`,
    author: "tool",
    message,
    actions: { synthetic: "missing-result" },
  };
}

/** A tool result that has no place behind its call any more, told in the user's role. */
export function resultNote(
  event: SessionEvent,
  message: ToolMessage,
  kind: Extract<SyntheticKind, "late-result" | "orphan-result">,
): SessionEvent {
  const tool = message.name ? ` of the tool ${message.name}` : "";
  const label = `[${kind === "late-result" ? "Late result" : "Result"}${tool}, call ${message.tool_call_id}]`;
  const content =
    typeof message.content === "string"
      ? `${label}\n${message.content}`
      : [{ type: "text" as const, text: label }, ...message.content];
  return { ...event, message: new HumanMessage({ content }), actions: { ...event.actions, synthetic: kind } };
}

/** The user's line that opens a window which would start with another role. Providers refuse such a request. */
export function openingLine(first: SessionEvent): SessionEvent {
  return {
    id: `${first.id}:opening`,
    seq: first.seq,
    author: "system",
    message: new HumanMessage(OPENING),
    timestamp: first.timestamp,
    actions: { synthetic: "opening" },
  };
}
