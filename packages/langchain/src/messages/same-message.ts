import type { AIMessage, BaseMessage, ToolMessage } from "@langchain/core/messages";
import { dequal } from "dequal/lite";

/**
 * Whether two messages say the same, by the fields that `digestOf` reads. Cheaper than two digests: strings are compared at
 * the speed of memory. False only means that the digests decide.
 */
export function isSameMessage(one: BaseMessage, other: BaseMessage): boolean {
  return (
    one === other ||
    (one.type === other.type &&
      one.id === other.id &&
      one.name === other.name &&
      isSame(one.content, other.content) &&
      isSame((one as Partial<ToolMessage>).tool_call_id, (other as Partial<ToolMessage>).tool_call_id) &&
      isSame((one as Partial<AIMessage>).tool_calls, (other as Partial<AIMessage>).tool_calls) &&
      isSame(
        (one as Partial<AIMessage>).invalid_tool_calls,
        (other as Partial<AIMessage>).invalid_tool_calls,
      ) &&
      isSame(one.additional_kwargs?.sessionfold, other.additional_kwargs?.sessionfold))
  );
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === "object" && dequal(one, other));
}
