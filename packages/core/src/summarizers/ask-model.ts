import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import type { BaseMessage } from "@langchain/core/messages";
import type { Runnable } from "@langchain/core/runnables";
import { textOf } from "../events/message-content.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";
import type { SummaryUsage } from "../summaries/session-summary.ts";
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

/**
 * Asks a model once. The call is tagged `nostream`, so that LangGraph does not stream it to a user, and `sessionfold` for
 * tracing.
 */
export async function askModel(
  model: ChatModel,
  messages: BaseMessage[],
  { signal, maxTokens }: { readonly signal: AbortSignal; readonly maxTokens: number | undefined },
): Promise<ModelAnswer> {
  const answer = await limited(
    model,
    maxTokens === undefined ? undefined : Math.max(1, Math.round(maxTokens)),
  ).invoke(messages, {
    signal,
    tags: ["nostream", "sessionfold"],
    runName: "sessionfold",
  });
  const text = textOf(answer).trim();
  return {
    // Half a sentence would pass for a whole one.
    text: wasCutOff(answer) ? cutAtSentence(text) : text,
    model: modelName(unwrapped(model)) ?? answeredBy(answer),
    usage: usageOf(answer),
  };
}

const limitedModels = new WeakMap<ChatModel, Map<number, ChatModel>>();

/**
 * The same model with a limit on its answer, where its class has LangChain's `maxTokens` and the caller set none. Models
 * that think before they answer spend the limit on that, so they go without.
 */
function limited(model: ChatModel, maxTokens: number | undefined): ChatModel {
  const made = model as { maxTokens?: unknown; lc_kwargs?: Record<string, unknown>; reasoning?: unknown };
  const isOpen = "maxTokens" in made && (made.maxTokens === undefined || made.maxTokens === null);
  if (maxTokens === undefined || !isOpen || made.lc_kwargs === undefined || thinks(model)) return model;
  const known = limitedModels.get(model) ?? new Map<number, ChatModel>();
  limitedModels.set(model, known);
  let limitedModel = known.get(maxTokens);
  if (limitedModel === undefined) {
    limitedModel = rebuilt(model, { ...made.lc_kwargs, maxTokens }) ?? model;
    known.set(maxTokens, limitedModel);
  }
  return limitedModel;
}

function rebuilt(model: ChatModel, fields: Record<string, unknown>): ChatModel | undefined {
  try {
    const Model = model.constructor as { lc_name?(): string } & (new (
      fields: Record<string, unknown>,
    ) => ChatModel);
    // A subclass may set headers, keys or state of its own: only LangChain's own classes are known to be made of fields.
    if (Model.lc_name?.() !== Model.name) return undefined;
    const made = new Model(fields);
    if (isSame(model, made)) return made;
  } catch {
    // As below.
  }
  // A class with a constructor of its own; the prompt tells it the limit all the same.
  return undefined;
}

/** Whether a copy is set as the model is, also in what was changed after the model was made. */
function isSame(model: ChatModel, copy: ChatModel): boolean {
  const other = copy as unknown as Record<string, unknown>;
  return Object.entries(model).every(([field, value]) => {
    if (field === "maxTokens" || (typeof value === "object" && value !== null && field !== "callbacks"))
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
  const { finish_reason, stop_reason, finishReason } = (answer.response_metadata ?? {}) as Record<
    string,
    unknown
  >;
  return [finish_reason, stop_reason, finishReason].some(
    (reason) => reason === "length" || reason === "max_tokens" || reason === "MAX_TOKENS",
  );
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
