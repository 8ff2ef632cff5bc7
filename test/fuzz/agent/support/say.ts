import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import type { Flag } from "./program.ts";

/** Every message of a run begins with a marker of its own, by which it is found again wherever it turns up. */
const MARKER = /⟦[^⟧]+⟧/g;

/** A text that tells whose it is. */
export function marked(name: string, length: number): string {
  return `⟦${name}⟧${".".repeat(length)}`;
}

/** The same as content: some of it comes in blocks, as many clients write it. */
export function content(name: string, length: number): string | { type: "text"; text: string }[] {
  const text = marked(name, length);
  return length % 4 === 3 ? [{ type: "text", text }] : text;
}

/** The markers in a message's text and its calls. */
export function markersOf(message: BaseMessage): readonly string[] {
  return [...`${message.text} ${JSON.stringify(callsOf(message))}`.matchAll(MARKER)].map(([found]) => found);
}

/** The marker of what a message itself says. */
export function markerOf(message: BaseMessage): string | undefined {
  return markersOf(message)[0];
}

/** The calls of an AI message. */
export function callsOf(message: BaseMessage): NonNullable<AIMessage["tool_calls"]> {
  return message.type === "ai" ? ((message as AIMessage).tool_calls ?? []) : [];
}

/** The call that a tool message answers; undefined for others. */
export function answeredBy(message: BaseMessage): string | undefined {
  return message.type === "tool" ? (message as ToolMessage).tool_call_id : undefined;
}

/** Whether a message says anything that can be sent. */
export function isBlank(message: BaseMessage): boolean {
  return message.text.trim() === "" && callsOf(message).length === 0;
}

/** Flags that a message carries for summarizers. */
export function flagsOf(message: BaseMessage): { readonly pinned: boolean; readonly skipped: boolean } {
  const flags = message.additional_kwargs.sessionfold as Record<string, unknown> | undefined;
  return { pinned: flags?.pinned === true, skipped: flags?.skipSummarization === true };
}

/** What a message says, apart from stamps: equal before and after a trip through a store. */
export function contentOf(message: BaseMessage): string {
  const { type, id, name, content, additional_kwargs } = message;
  const calls = callsOf(message).map((call) => [call.id, call.name, call.args]);
  const { status } = message as { status?: string };
  return JSON.stringify([type, id, name, content, calls, answeredBy(message), status, additional_kwargs]);
}

/** Contents of a list of messages, by their ids. */
export function contentsOf({
  input,
}: {
  readonly input: readonly BaseMessage[];
}): ReadonlyMap<string, string> {
  return new Map(input.map((message) => [message.id ?? "", contentOf(message)]));
}

/** The kwargs of a flag. */
export function kwargsOf(flag: Flag): Record<string, unknown> {
  if (flag === "none") return {};
  return { sessionfold: flag === "pinned" ? { pinned: true } : { skipSummarization: true } };
}

/** What somebody makes of a message by hand: other words under the same id. */
export function edited(
  message: BaseMessage,
  name: string,
  length: number,
  keepsMetadata: boolean,
): BaseMessage {
  const fields = {
    // Blocks stay blocks: of such a message only the text within changes.
    content:
      typeof message.content === "string"
        ? marked(name, length)
        : [{ type: "text" as const, text: marked(name, length) }],
    additional_kwargs: { ...message.additional_kwargs },
    response_metadata: keepsMetadata ? { ...message.response_metadata } : {},
    ...(message.id !== undefined && { id: message.id }),
    ...(message.name !== undefined && { name: message.name }),
  };
  switch (message.type) {
    case "ai":
      return new AIMessage({ ...fields, tool_calls: [...callsOf(message)] });
    case "tool":
      return new ToolMessage({ ...fields, tool_call_id: answeredBy(message) ?? "" });
    case "system":
      return new SystemMessage(fields);
    default:
      return new HumanMessage(fields);
  }
}
