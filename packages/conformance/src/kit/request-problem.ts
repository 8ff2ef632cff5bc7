import type { AIMessage, BaseMessage, ToolMessage } from "@langchain/core/messages";

/**
 * What a strict provider would refuse a request for, or undefined: it begins with a user's line behind the system's, no
 * message is empty, and each call is followed by its result and nothing else, in the order of the calls. The last round
 * may be open: its results are what the window waits for.
 */
export function requestProblem(messages: readonly BaseMessage[]): string | undefined {
  const first = messages.find(({ type }) => type !== "system");
  if (first !== undefined && first.type !== "human")
    return `it begins with a message of the kind ${first.type}`;
  let open: readonly string[] = [];
  let missing = 0;
  for (const [at, message] of messages.entries()) {
    if (message.type === "tool") {
      const place = open.indexOf((message as ToolMessage).tool_call_id);
      if (place < 0) return `message ${at} is a result that does not follow its call`;
      open = open.slice(place + 1);
      missing += place;
      continue;
    }
    if (open.length + missing > 0) return `message ${at} stands where the results of a call are missing`;
    const calls = message.type === "ai" ? ((message as AIMessage).tool_calls ?? []) : [];
    if (calls.length === 0 && isBlank(message)) return `message ${at} is empty`;
    open = calls.map(({ id }) => id ?? "");
    if (new Set(open).size < open.length) return `message ${at} has two calls of one id`;
  }
  return undefined;
}

function isBlank({ content }: BaseMessage): boolean {
  return typeof content === "string" ? content.trim() === "" : content.length === 0;
}
