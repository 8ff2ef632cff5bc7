import { randomUUID } from "node:crypto";
import type { Fault } from "./delivery.ts";
import type { CompletionRequest, WireToolCall } from "./request.ts";

/** Tokens of a call. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
}

/** Tokens that the server says a call cost whose answer is a plain string. */
export const USAGE = { inputTokens: 1000, outputTokens: 10, totalTokens: 1010 } as const satisfies Usage;

/** Why an answer ended. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter";

/** A call that the model makes. */
export interface AnswerToolCall {
  readonly name: string;
  /** An object is sent as JSON, a string as it is: the way to write arguments that are no JSON. */
  readonly args: Readonly<Record<string, unknown>> | string;
  /** Unique unless given. */
  readonly id?: string;
}

/** An answer with more to it than its text. */
export interface FullAnswer {
  /** Default null with tool calls or a refusal, as OpenAI sends it, else "". */
  readonly content?: string | null;
  readonly toolCalls?: readonly AnswerToolCall[];
  /** Why the model will not answer, in OpenAI's field of that name. */
  readonly refusal?: string;
  /** Default "tool_calls" with tool calls, else "stop". */
  readonly finishReason?: FinishReason;
  /** Default: counted from the request and the answer. */
  readonly usage?: Usage;
}

/** What a model says: a text (whose usage is `USAGE`), or more. */
export type SaidAnswer = string | FullAnswer;

/** What to answer: what a model says, or a fault. */
export type Answer = SaidAnswer | Fault;

/** What to answer to a request; `call` is 0 for the first that the script is asked for. */
export type Script = (request: CompletionRequest, call: number) => Answer | Promise<Answer>;

/** A script, or answers in turn of which the last is repeated. */
export type ScriptLike = Script | readonly Answer[];

/** An answer with every field in place. */
export interface Completion {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly content: string | null;
  readonly refusal: string | null;
  readonly toolCalls: readonly WireToolCall[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
}

/** Completes an answer to a request: ids, finish reason, usage. `derive` counts the usage of plain strings too. */
export function toCompletion(
  answer: SaidAnswer,
  request: CompletionRequest,
  count: TokenCount,
  derive: boolean,
): Completion {
  const fixed = typeof answer === "string" && !derive ? USAGE : undefined;
  const given: FullAnswer = typeof answer === "string" ? { content: answer } : answer;
  const toolCalls = (given.toolCalls ?? []).map(toWireCall);
  const without = toolCalls.length > 0 || given.refusal !== undefined ? null : "";
  const content = given.content === undefined ? without : given.content;
  return {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    content,
    refusal: given.refusal ?? null,
    toolCalls,
    finishReason: given.finishReason ?? (toolCalls.length > 0 ? "tool_calls" : "stop"),
    usage: fixed ?? given.usage ?? usageOf(count.request(request), count.text(saidText(content, toolCalls))),
  };
}

/** How requests and answers are counted. */
export interface TokenCount {
  request(request: CompletionRequest): number;
  text(text: string): number;
}

function usageOf(inputTokens: number, outputTokens: number): Usage {
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

function saidText(content: string | null, calls: readonly WireToolCall[]): string {
  return [content ?? "", ...calls.map((call) => `${call.function.name} ${call.function.arguments}`)].join(
    "\n",
  );
}

function toWireCall({ name, args, id }: AnswerToolCall): WireToolCall {
  const text = typeof args === "string" ? args : JSON.stringify(args);
  return {
    id: id ?? `call_${randomUUID().replaceAll("-", "")}`,
    type: "function",
    function: { name, arguments: text },
  };
}
