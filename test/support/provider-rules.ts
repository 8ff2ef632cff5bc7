import type { AIMessage, BaseMessage, ToolMessage } from "@langchain/core/messages";

/** How strictly a request is judged. */
export interface RequestRules {
  /**
   * Accepts a last tool round whose results are not all in: the window of an agent that waits for its tools, which
   * becomes a request once they are appended. Default false.
   */
  readonly openRoundLast?: boolean;
  /** The first message behind the system's is the user's, as Anthropic and Gemini want it. Default true. */
  readonly userFirst?: boolean;
  /** No message without content, as Anthropic wants it. Default true. */
  readonly nonEmpty?: boolean;
  /** Results in the order of their calls. Default true. */
  readonly callOrder?: boolean;
  /** System messages at the start only, as the templates of many open models want it. Default false. */
  readonly strictSystem?: boolean;
}

/** A message as far as the rules look at it. */
export interface RuledMessage {
  /** As on the wire: "system", "developer", "user", "assistant" or "tool". */
  readonly role: string;
  /** "missing" is what no provider takes, "blank" what some refuse. */
  readonly content: "given" | "blank" | "missing";
  /** Ids of the tools it calls. */
  readonly calls: readonly string[];
  /** The call that it is a result of. */
  readonly resultOf: string;
}

/** What is wrong with a request. */
export interface RequestProblem {
  readonly kind:
    | "first-role"
    | "unknown-role"
    | "late-system"
    | "no-content"
    | "result-without-call"
    | "call-without-result"
    | "repeated-id"
    | "result-order";
  /** Index of the message. */
  readonly at: number;
  readonly text: string;
}

const ROLES = ["system", "developer", "user", "assistant", "tool"];
const ROLE_OF_TYPE: Readonly<Record<string, string>> = { human: "user", ai: "assistant" };

/**
 * What providers refuse a request for, as a strict model of their rules: OpenAI's on tool messages, Anthropic's on
 * the first role and on empty content. Returns what is wrong; an empty list is a request that all of them accept.
 */
export function requestProblems(
  messages: readonly BaseMessage[],
  rules: RequestRules = {},
): readonly string[] {
  return messageProblems(messages.map(ruled), rules).map(({ text }) => text);
}

/** The same of messages of any form. */
export function messageProblems(
  messages: readonly RuledMessage[],
  { openRoundLast = false, userFirst = true, nonEmpty = true, callOrder = true, ...rules }: RequestRules = {},
): readonly RequestProblem[] {
  const problems: RequestProblem[] = [];
  const report = (kind: RequestProblem["kind"], at: number, what: string): void => {
    problems.push({ kind, at, text: `message ${at}: ${what}` });
  };
  const start = messages.findIndex(({ role }) => !isSystem(role));
  const first = messages[start]?.role ?? "user";
  if (userFirst && first !== "user") report("first-role", start, `starts with the role ${first}`);
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at];
    if (message === undefined) continue;
    const { role, content, calls } = message;
    if (role === "tool") {
      report("result-without-call", at, "a tool result that no call precedes");
      continue;
    }
    if (!ROLES.includes(role)) report("unknown-role", at, "a role that providers do not know");
    if (rules.strictSystem === true && isSystem(role) && start !== -1 && at > start)
      report("late-system", at, "a system message that is not at the start");
    if (calls.length === 0) {
      if (content === "missing" || (nonEmpty && content === "blank"))
        report("no-content", at, `a message of the role ${role} without content`);
      continue;
    }
    if (new Set(calls).size !== calls.length) report("repeated-id", at, "a call id twice");
    const results: string[] = [];
    while (messages[at + 1]?.role === "tool") results.push(messages[++at]?.resultOf ?? "");
    for (const id of results) {
      if (!calls.includes(id)) report("result-without-call", at, "a result of an unknown call");
    }
    if (new Set(results).size !== results.length) report("repeated-id", at, "a call answered twice");
    const open = calls.filter((id) => !results.includes(id));
    const isLast = at === messages.length - 1;
    if (open.length > 0 && !(isLast && openRoundLast))
      report("call-without-result", at, `${open.length} calls without a result`);
    const answered = calls.filter((id) => results.includes(id));
    if (callOrder && answered.join("\n") !== results.join("\n"))
      report("result-order", at, "results out of call order");
  }
  return problems;
}

function isSystem(role: string): boolean {
  return role === "system" || role === "developer";
}

function ruled(message: BaseMessage): RuledMessage {
  const { content, type } = message;
  const blank = typeof content === "string" ? content.trim() === "" : content.length === 0;
  // LangChain's converters send `tool_calls` alone.
  const calls = type === "ai" ? ((message as AIMessage).tool_calls ?? []) : [];
  return {
    role: ROLE_OF_TYPE[type] ?? type,
    content: blank ? "blank" : "given",
    calls: calls.map(({ id }) => id ?? ""),
    resultOf: type === "tool" ? (message as ToolMessage).tool_call_id : "",
  };
}
