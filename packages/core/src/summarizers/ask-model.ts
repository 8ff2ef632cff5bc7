import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import { Serializable } from "@langchain/core/load/serializable";
import type { BaseMessage } from "@langchain/core/messages";
import type { Runnable } from "@langchain/core/runnables";
import { textOf } from "../events/message-content.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";
import type { SummaryUsage } from "../summaries/session-summary.ts";
import { providerOf } from "./provider-name.ts";
import { UnusableAnswer } from "./resilience/usable-answer.ts";
import type { CallRequest, CallResponse, ObservedCall, SummarizerObserver } from "./summarizer-observer.ts";
import { cutAtSentence } from "./truncate.ts";

/** Any LangChain chat model, or a runnable around one. */
export type ChatModel = Runnable<BaseLanguageModelInput, BaseMessage>;

/** What a model answered. */
export interface ModelAnswer {
  readonly text: string;
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
  const text = textOf(answer).trim();
  return {
    // Half a sentence would pass for a whole one.
    text: wasCutOff(answer) ? cutAtSentence(text) : text,
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

const preparedModels = new WeakMap<ChatModel, Map<number | undefined, ChatModel>>();

/**
 * The same model, as one call for a summary needs it: asked once (we ask again ourselves, within the deadline) unless its
 * owner set how often; not streaming, since nobody watches; and with a limit on its answer, where its class has
 * LangChain's `maxTokens` and the owner set none. Models that think before they answer spend the limit on that, so they
 * go without.
 */
function prepared(model: ChatModel, maxTokens: number | undefined): ChatModel {
  const made = model as {
    maxTokens?: unknown;
    lc_kwargs?: Record<string, unknown>;
    caller?: unknown;
    bound?: ChatModel;
  };
  if (made.lc_kwargs === undefined) return model;
  if (made.bound !== undefined && nameOfClass(model) === "RunnableBinding") {
    const bound = prepared(made.bound, maxTokens);
    return bound === made.bound ? model : rebuilt(model, { ...made.lc_kwargs, bound });
  }
  if (made.caller === undefined) return model;
  const isOpen = "maxTokens" in made && (made.maxTokens === undefined || made.maxTokens === null);
  const limit = isOpen && !thinks(model) ? maxTokens : undefined;
  const known = preparedModels.get(model) ?? new Map<number | undefined, ChatModel>();
  preparedModels.set(model, known);
  const copy = known.get(limit) ?? rebuilt(model, { ...made.lc_kwargs, ...changes(made.lc_kwargs, limit) });
  known.set(limit, copy);
  return copy;
}

function changes(fields: Record<string, unknown>, maxTokens: number | undefined): Record<string, unknown> {
  return {
    ...((fields.maxRetries ?? undefined) === undefined && { maxRetries: 0 }),
    ...(fields.streaming === true && { streaming: false }),
    ...(maxTokens !== undefined && { maxTokens }),
  };
}

function rebuilt(model: ChatModel, fields: Record<string, unknown>): ChatModel {
  try {
    // A subclass may set headers, keys or state of its own: only LangChain's own classes, which name themselves, are known
    // to be made of fields.
    if (nameOfClass(model) === undefined) return model;
    const Model = model.constructor as new (fields: Record<string, unknown>) => ChatModel;
    const made = new Model(fields);
    // What `withConfig` sets is no field of the constructor.
    const { defaultOptions } = model as { defaultOptions?: unknown };
    if (defaultOptions !== undefined) Object.assign(made, { defaultOptions });
    if (isSame(model, made)) return made;
  } catch {
    // As below.
  }
  // A class with a constructor of its own; the prompt tells it the limit all the same.
  return model;
}

/** The name that a class of LangChain's gives itself; undefined for a subclass, which gives none. */
function nameOfClass(model: ChatModel): string | undefined {
  const Model = model.constructor as { readonly name: string; lc_name?(): string };
  if (Model.lc_name === Serializable.lc_name) return undefined;
  return Model.lc_name?.() === Model.name ? Model.name : undefined;
}

/** What a copy is made to differ in; the last two follow from not streaming. */
const CHANGED = new Set(["maxTokens", "streaming", "disableStreaming", "streamUsage"]);

/** Whether a copy is set as the model is, also in what was changed after the model was made. */
function isSame(model: ChatModel, copy: ChatModel): boolean {
  const other = copy as unknown as Record<string, unknown>;
  return Object.entries(model).every(([field, value]) => {
    if (CHANGED.has(field) || (typeof value === "object" && value !== null && field !== "callbacks"))
      return true;
    return typeof value === "function" || other[field] === value;
  });
}

/** OpenAI's reasoning models, as @langchain/openai tells them by name, and models that were told to reason. */
function thinks(model: ChatModel): boolean {
  const { reasoning, thinking } = model as { reasoning?: unknown; thinking?: { type?: unknown } };
  if (reasoning !== undefined || thinking?.type === "enabled") return true;
  return /^(o\d|gpt-[5-9](?!-chat))/.test(modelName(model) ?? "");
}

/** The model within a runnable around it, such as `model.withRetry()` makes. */
function unwrapped(model: ChatModel): ChatModel {
  const { bound } = model as { bound?: ChatModel | null };
  return bound ? unwrapped(bound) : model;
}

function modelName(model: ChatModel): string | null {
  const { model: name, modelName: older } = model as { model?: unknown; modelName?: unknown };
  return typeof name === "string" ? name : typeof older === "string" ? older : null;
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
