import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import { type BaseMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";
import type { Runnable } from "@langchain/core/runnables";
import { textOf } from "../events/message-content.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";
import type { SummaryUsage } from "../summaries/session-summary.ts";
import { compilePrompts, type PromptOptions } from "./prompt.ts";
import type { Summarizer } from "./summarizer.ts";

/** Any LangChain chat model, or a runnable around one. */
export type ChatModel = Runnable<BaseLanguageModelInput, BaseMessage>;

/** Words a token, the inverse of what OpenAI gives for English text (100 tokens are about 75 words). */
const WORDS_PER_TOKEN = 0.75;

/**
 * Writes summaries with a chat model: one call, with the previous summary apart from the new events. The call is
 * tagged `nostream`, so that LangGraph does not stream it to a user, and `sessionfold` for tracing.
 * @throws ConfigurationError when `model` cannot be called or a prompt is not valid.
 */
export function chatModelSummarizer(model: ChatModel, options: PromptOptions = {}): Summarizer {
  if (typeof (model as Partial<ChatModel> | undefined)?.invoke !== "function") {
    throw new ConfigurationError(`Expected \`model\` to be a LangChain chat model, got ${describe(model)}`);
  }
  const prompts = compilePrompts(options);
  const usesOwnPrompt = options.prompt !== undefined || options.maxSummaryWords !== undefined;
  const bare = unwrapped(model);
  const name = modelName(bare);
  return {
    name: "chat-model",
    // Null would say that no model writes.
    model: name ?? bare.getName?.() ?? "unknown",
    contextWindow: contextWindowOf(bare),
    async summarize({ transcript, previous, targetTokens, signal }) {
      // The target is told in words, since models count words better than tokens.
      const filled =
        targetTokens === undefined || usesOwnPrompt
          ? prompts
          : compilePrompts({
              ...options,
              maxSummaryWords: Math.max(1, Math.round(targetTokens * WORDS_PER_TOKEN)),
            });
      const { system, user } = filled.render({
        conversation: transcript,
        previous: previous.map((summary) => summary.text).join("\n\n"),
      });
      const messages = [...(system === undefined ? [] : [new SystemMessage(system)]), new HumanMessage(user)];
      const answer = await model.invoke(messages, {
        signal,
        tags: ["nostream", "sessionfold"],
        runName: "sessionfold",
      });
      const writer = name ?? answeredBy(answer);
      return {
        text: textOf(answer).trim(),
        ...(writer !== null && { model: writer }),
        usage: usageOf(answer),
      };
    },
  };
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
