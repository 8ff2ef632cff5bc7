import type { AIMessage, BaseMessage, ToolMessage } from "@langchain/core/messages";

/** How strictly a request is judged. */
export interface RequestRules {
  /**
   * Accepts a last tool round whose results are not all in: the window of an agent that waits for its tools, which
   * becomes a request once they are appended.
   */
  readonly openRoundLast?: boolean;
}

/**
 * What providers refuse a request for, as a strict model of their rules: OpenAI's on tool messages, Anthropic's on
 * the first role and on empty content. Returns what is wrong; an empty list is a request that all of them accept.
 */
export function requestProblems(
  messages: readonly BaseMessage[],
  rules: RequestRules = {},
): readonly string[] {
  const problems: string[] = [];
  const body = messages.filter((message) => message.type !== "system");
  const [first] = body;
  if (first !== undefined && first.type !== "human") problems.push(`starts with the role ${first.type}`);
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at];
    if (message === undefined) continue;
    if (message.type === "tool") {
      problems.push(`message ${at}: a tool result that no call precedes`);
      continue;
    }
    if (isEmpty(message)) problems.push(`message ${at}: a ${message.type} message without content`);
    const calls = callIds(message);
    if (calls.length === 0) continue;
    if (new Set(calls).size !== calls.length) problems.push(`message ${at}: a call id twice`);
    const results: string[] = [];
    while (messages[at + 1]?.type === "tool") {
      at++;
      results.push((messages[at] as ToolMessage).tool_call_id);
    }
    const isLast = at === messages.length - 1;
    for (const id of results) {
      if (!calls.includes(id)) problems.push(`message ${at}: a result of an unknown call`);
    }
    if (new Set(results).size !== results.length) problems.push(`message ${at}: a call answered twice`);
    const open = calls.filter((id) => !results.includes(id));
    if (open.length > 0 && !(isLast && rules.openRoundLast === true)) {
      problems.push(`message ${at}: ${open.length} calls without a result`);
    }
    const answered = calls.filter((id) => results.includes(id));
    if (answered.join("\n") !== results.join("\n")) problems.push(`message ${at}: results out of call order`);
  }
  return problems;
}

function callIds(message: BaseMessage): readonly string[] {
  if (message.type !== "ai") return [];
  // LangChain's converters send `tool_calls` alone.
  const { tool_calls = [] } = message as AIMessage;
  return tool_calls.map((call) => call.id ?? "");
}

function isEmpty(message: BaseMessage): boolean {
  if (callIds(message).length > 0) return false;
  return typeof message.content === "string" ? message.content.trim() === "" : message.content.length === 0;
}
