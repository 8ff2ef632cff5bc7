import type { BaseMessage } from "@langchain/core/messages";
import type { Attributes } from "@opentelemetry/api";
import { textOf } from "../../events/message-content.ts";

const ROLES: Readonly<Record<string, string>> = { human: "user", ai: "assistant" };

/** What a model was sent, as the GenAI conventions write it. Content: only where it was asked for. */
export function sentContent(messages: readonly BaseMessage[]): Attributes {
  const system = messages.filter(({ type }) => type === "system");
  const others = messages.filter(({ type }) => type !== "system");
  return {
    ...(system.length > 0 && { "gen_ai.system_instructions": JSON.stringify(system.map(partOf)) }),
    "gen_ai.input.messages": JSON.stringify(
      others.map((message) => ({ role: ROLES[message.type] ?? message.type, parts: [partOf(message)] })),
    ),
  };
}

/** What it answered. */
export function answeredContent(answer: BaseMessage, finishReason: string | undefined): Attributes {
  const message = {
    role: "assistant",
    parts: [partOf(answer)],
    ...(finishReason !== undefined && { finish_reason: finishReason }),
  };
  return { "gen_ai.output.messages": JSON.stringify([message]) };
}

function partOf(message: BaseMessage): { readonly type: "text"; readonly content: string } {
  return { type: "text", content: textOf(message) };
}
