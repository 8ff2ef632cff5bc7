import type { BaseMessage, ContentBlock, MessageContent, ToolCall } from "@langchain/core/messages";
import { AIMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { isAiMessage, isToolMessage, kindOfBlock, textParts } from "../events/message-content.ts";
import type { SessionEvent } from "../events/session-event.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";
import { SessionSummary } from "../summaries/session-summary.ts";
import { redactData, redactFields } from "./redact-data.ts";

/** Takes out of a text what must not be read on. */
export type Redact = (text: string) => string;

/**
 * The same function, which fails where it returns no text: what it made of a message would pass for an empty one.
 * What it returns throws a ConfigurationError then.
 */
export function checkedRedact(redact: Redact): Redact {
  return (text) => {
    const redacted: unknown = redact(text);
    if (typeof redacted === "string") return redacted;
    throw new ConfigurationError(`Expected \`redact\` to return a text, got ${describe(redacted)}`);
  };
}

/**
 * An event with what can be read of it, each text redacted: who speaks, what was said and called, media. What no reader
 * needs (changes of state, a provider's metadata, reasoning, artifacts) is left out, so that nothing can hide in it.
 */
export function redactEvent(event: SessionEvent, redact: Redact): SessionEvent {
  const { id, seq, author, message, invocationId, branch, timestamp, partial } = event;
  const { pinned, skipSummarization, synthetic } = event.actions;
  return {
    id: redact(id),
    seq,
    author: redact(author),
    ...(message !== undefined && { message: redactMessage(message, redact) }),
    ...(invocationId !== undefined && { invocationId: redact(invocationId) }),
    ...(branch !== undefined && { branch: redact(branch) }),
    timestamp,
    ...(partial === true && { partial }),
    actions: {
      ...(pinned !== undefined && { pinned }),
      ...(skipSummarization !== undefined && { skipSummarization }),
      ...(synthetic !== undefined && { synthetic }),
    },
  };
}

/** A message made anew, since the constructor's own fields hold what was said as well. */
function redactMessage(message: BaseMessage, redact: Redact): BaseMessage {
  const fields = {
    content: redactContent(message, redact),
    ...(message.name !== undefined && { name: redact(message.name) }),
    ...(message.id !== undefined && { id: redact(message.id) }),
  };
  if (isToolMessage(message)) {
    const { tool_call_id: id, status } = message;
    return new ToolMessage({ ...fields, tool_call_id: redact(id), ...(status !== undefined && { status }) });
  }
  if (isAiMessage(message)) {
    return new AIMessage({
      ...fields,
      tool_calls: (message.tool_calls ?? []).map((call) => redactCall(call, redact)),
      invalid_tool_calls: (message.invalid_tool_calls ?? []).map((call) => redactCall(call, redact)),
    });
  }
  if (message.type === "human") return new HumanMessage(fields);
  if (message.type === "system") return new SystemMessage(fields);
  const { role } = message as { role?: unknown };
  return new ChatMessage({ ...fields, role: redact(typeof role === "string" ? role : message.type) });
}

/** Arguments are redacted as the JSON that a transcript shows: many a value is a secret by its key alone. */
function redactCall<T extends { id?: string; name?: string; args?: unknown; error?: string }>(
  call: T,
  redact: Redact,
): T {
  const { id, name, args, error } = call;
  const { type } = call as Partial<ToolCall>;
  return {
    ...(type !== undefined && { type }),
    ...(id !== undefined && { id: redact(id) }),
    ...(name !== undefined && { name: redact(name) }),
    ...(args !== undefined && { args: redactData(args, redact) }),
    ...(error !== undefined && { error: redact(error) }),
  } as T;
}

/** Texts are redacted as they are read: joined, since a secret may go on in the next block. */
function redactContent(message: BaseMessage, redact: Redact): MessageContent {
  const { content } = message;
  if (typeof content === "string") return redact(content);
  if (!Array.isArray(content)) return "";
  const texts = textParts(message);
  const apart = texts.map(redact);
  const joined = redact(texts.join(""));
  const written = joined === apart.join("") ? apart : [joined];
  let at = 0;
  const blocks = (content as readonly unknown[]).flatMap((block): readonly unknown[] => {
    const kind = kindOfBlock(block);
    if (kind === "media") return [redactData(block, redact)];
    if (kind === "neither") return [];
    const text = written[at++];
    return text === undefined ? [] : [{ type: "text", text }];
  });
  return blocks as ContentBlock[] as MessageContent;
}

/**
 * The blocks of a transcript, redacted once more as the whole that is read: a secret may begin in one entry, such as a
 * streamed piece, and end in the next.
 */
export function redactBlocks(blocks: readonly string[], redact: Redact | undefined): readonly string[] {
  if (redact === undefined) return blocks;
  const whole = blocks.join("\n");
  const redacted = redact(whole);
  return redacted === whole ? blocks : redacted.split(/\n(?! {2})/);
}

/** The same summary with its text and its data redacted. */
export function redactSummary(summary: SessionSummary, redact: Redact): SessionSummary {
  return new SessionSummary({
    ...summary,
    text: redact(summary.text),
    metadata: redactFields(summary.metadata, redact),
  });
}
