import {
  messageProblems,
  type RequestProblem,
  type RequestRules,
  type RuledMessage,
} from "../provider-rules.ts";
import type { ErrorFields } from "./http-errors.ts";
import type { CompletionRequest, SentMessage } from "./request.ts";

/** What a server refuses. */
export interface RequestCheckOptions extends Pick<RequestRules, "strictSystem" | "userFirst" | "nonEmpty"> {
  /** Refuses, with status 400, requests that break the providers' message rules. Default true. */
  readonly checkRequests?: boolean;
  /** Refuses a first message that is not the user's, as Anthropic and Gemini do. Default false. */
  readonly userFirst?: boolean;
  /** Refuses blank content, as Anthropic does; OpenAI takes it. Default false. */
  readonly nonEmpty?: boolean;
}

/** A request that was refused, and everything that is wrong with it. */
export interface RefusedRequest {
  readonly request: CompletionRequest;
  /** The error's message, which tells the first problem as OpenAI does. */
  readonly reason: string;
  /** All problems, in our own words. */
  readonly problems: readonly string[];
}

/** A refusal: what the client is told, and the problems behind it. */
export interface Refusal {
  readonly error: ErrorFields;
  readonly problems: readonly string[];
}

/** Why OpenAI, or a stricter provider, would refuse these messages; undefined if it would not. */
export function refusalOf(sent: readonly SentMessage[], options: RequestCheckOptions): Refusal | undefined {
  const { checkRequests = true, userFirst = false, nonEmpty = false, strictSystem = false } = options;
  if (!checkRequests) return undefined;
  if (sent.length === 0) {
    const message = "Invalid 'messages': empty array. Expected an array with minimum length 1.";
    return { error: { message, param: "messages" }, problems: ["no messages"] };
  }
  const messages = sent.map(ruled);
  const problems = messageProblems(messages, { userFirst, nonEmpty, strictSystem, callOrder: false });
  const [first] = problems;
  if (first === undefined) return undefined;
  const error = { message: inWords(first, messages), param: `messages.[${first.at}].role` };
  return { error, problems: problems.map(({ text }) => text) };
}

/** OpenAI's wording where clients look for it. */
function inWords({ kind, at, text }: RequestProblem, messages: readonly RuledMessage[]): string {
  switch (kind) {
    case "result-without-call":
      return "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
    case "call-without-result":
      return (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each " +
        `'tool_call_id'. (${text})`
      );
    case "unknown-role":
      return `Invalid value: '${messages[at]?.role}'. Supported values are: 'system', 'developer', 'user', 'assistant' and 'tool'.`;
    default:
      return `Invalid request: ${text}.`;
  }
}

function ruled({
  role,
  content,
  tool_calls: calls = [],
  tool_call_id: resultOf = "",
}: SentMessage): RuledMessage {
  const blank =
    typeof content === "string" ? content.trim() === "" : Array.isArray(content) && content.length === 0;
  const missing = content === null || content === undefined;
  return {
    role,
    content: missing ? "missing" : blank ? "blank" : "given",
    calls: calls.map(({ id }) => id),
    resultOf,
  };
}
