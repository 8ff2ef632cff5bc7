import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import type { BaseMessage } from "@langchain/core/messages";
import type { Runnable } from "@langchain/core/runnables";
import { textOf } from "../events/message-content.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";
import type { SummaryUsage } from "../summaries/session-summary.ts";
import { modelName, unwrapped } from "./model-name.ts";
import { prepared } from "./prepared-model.ts";
import { providerOf } from "./provider-name.ts";
import { UnusableAnswer } from "./resilience/usable-answer.ts";
import type { CallRequest, CallResponse, ObservedCall, SummarizerObserver } from "./summarizer-observer.ts";
import { withoutThoughts } from "./thoughts.ts";
import { cutAtSentence } from "./truncate.ts";

/** Any LangChain chat model, or a runnable around one. */
export type ChatModel = Runnable<BaseLanguageModelInput, BaseMessage>;

/** What a model answered. */
export interface ModelAnswer {
  /** Without the thoughts before it; marked with "..." where it ended at its limit. */
  readonly text: string;
  /** Whether it ended at its limit of tokens. */
  readonly isCutOff: boolean;
  /** Model that answered, by its own word or the configuration's; null where neither tells. */
  readonly model: string | null;
  readonly usage: SummaryUsage | null;
}

/** What is known of a model without asking it. */
export interface ModelFacts {
  readonly name: string;
  /** Tokens of its context window, where it says. */
  readonly contextWindow: number | undefined;
}

/**
 * Name and context window of a model.
 * @throws ConfigurationError when it cannot be called.
 */
export function factsOf(model: ChatModel): ModelFacts {
  if (typeof (model as Partial<ChatModel> | undefined)?.invoke !== "function") {
    throw new ConfigurationError(`Expected \`model\` to be a LangChain chat model, got ${describe(model)}`);
  }
  const bare = unwrapped(model);
  return { name: modelName(bare) ?? bare.getName?.() ?? "unknown", contextWindow: contextWindowOf(bare) };
}

/** How a model is asked. */
export interface AskTerms {
  readonly signal: AbortSignal;
  /** Tokens that the answer may have. */
  readonly maxTokens: number | undefined;
  readonly purpose?: ObservedCall["purpose"];
  /** Told of the call. */
  readonly observer?: SummarizerObserver | undefined;
}

/**
 * Asks a model once. The call is tagged `nostream`, so that LangGraph does not stream it to a user, and `sessionfold` for
 * tracing.
 */
export async function askModel(
  model: ChatModel,
  messages: BaseMessage[],
  { signal, maxTokens, purpose, observer }: AskTerms,
): Promise<ModelAnswer> {
  const limit = maxTokens === undefined ? undefined : Math.max(1, Math.round(maxTokens));
  const asked = prepared(model, limit);
  const ask = (): Promise<BaseMessage> =>
    asked.invoke(messages, { signal, tags: ["nostream", "sessionfold"], runName: "sessionfold" });
  const call = { purpose, signal, request: () => requestOf(asked, messages), response: responseOf };
  const answer = await (observer === undefined ? ask() : observer.call(call, ask));
  if (wasRefused(answer)) throw new UnusableAnswer("summary-refused");
  const text = withoutThoughts(textOf(answer)).trim();
  const isCutOff = wasCutOff(answer);
  return {
    // Half a sentence would pass for a whole one.
    text: isCutOff && text !== "" ? cutAtSentence(text) : text,
    isCutOff,
    model: modelName(unwrapped(model)) ?? answeredBy(answer),
    usage: usageOf(answer),
  };
}

function requestOf(model: ChatModel, messages: readonly BaseMessage[]): CallRequest {
  const bare = unwrapped(model);
  const { maxTokens } = bare as { maxTokens?: unknown };
  return {
    provider: providerOf(bare),
    model: modelName(bare),
    maxTokens: typeof maxTokens === "number" && maxTokens > 0 ? maxTokens : undefined,
    messages,
  };
}

function responseOf(answer: BaseMessage): CallResponse {
  const reason = endReasons(answer).find((given): given is string => typeof given === "string");
  return { model: answeredBy(answer), usage: usageOf(answer), finishReason: reason };
}

/** Whether the answer ended at its limit of tokens, by the words of OpenAI, Anthropic and Google. */
function wasCutOff(answer: BaseMessage): boolean {
  return endReasons(answer).some(
    (reason) => reason === "length" || reason === "max_tokens" || reason === "MAX_TOKENS",
  );
}

/** Whether the provider says that the model, or a filter before it, gave no answer. */
function wasRefused(answer: BaseMessage): boolean {
  const { refusal } = (answer.additional_kwargs ?? {}) as { refusal?: unknown };
  if (typeof refusal === "string" && refusal !== "") return true;
  return endReasons(answer).some(
    (reason) =>
      typeof reason === "string" &&
      /^(content_filter|refusal|safety|recitation|blocklist|prohibited_content)$/i.test(reason),
  );
}

function endReasons(answer: BaseMessage): readonly unknown[] {
  const metadata = (answer.response_metadata ?? {}) as Record<string, unknown>;
  return [metadata.finish_reason, metadata.stop_reason, metadata.finishReason];
}

function answeredBy(answer: BaseMessage): string | null {
  const name: unknown = (answer.response_metadata as { model_name?: unknown } | undefined)?.model_name;
  return typeof name === "string" ? name : null;
}

function contextWindowOf(model: ChatModel): number | undefined {
  const tokens = (model as { profile?: { maxInputTokens?: unknown } }).profile?.maxInputTokens;
  return typeof tokens === "number" && tokens > 0 ? tokens : undefined;
}

function usageOf(answer: BaseMessage): SummaryUsage | null {
  const usage = (
    answer as { usage_metadata?: { input_tokens?: number; output_tokens?: number; total_tokens?: number } }
  ).usage_metadata;
  if (usage === undefined) return null;
  const { input_tokens: inputTokens = 0, output_tokens: outputTokens = 0 } = usage;
  return { inputTokens, outputTokens, totalTokens: usage.total_tokens ?? inputTokens + outputTokens };
}
