import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import { askModel, type ChatModel, factsOf } from "./ask-model.ts";
import { compilePrompts, hasPlaceForLimit, type PromptOptions } from "./prompt.ts";
import { requireSummary } from "./resilience/usable-answer.ts";
import type { Summarizer } from "./summarizer.ts";

/** Words a token, the inverse of what OpenAI gives for English text (100 tokens are about 75 words). */
const WORDS_PER_TOKEN = 0.75;

/**
 * Writes summaries with a chat model: one call, with the previous summary apart from the new events. `targetTokens` is
 * told in words and, where the model takes a limit for its answer, set as one. Long inputs: see `chunked`.
 * @throws ConfigurationError when `model` cannot be called or a prompt is not valid.
 */
export function chatModelSummarizer(model: ChatModel, options: PromptOptions = {}): Summarizer {
  const facts = factsOf(model);
  const prompts = compilePrompts(options);
  const tellsTarget = hasPlaceForLimit(options);
  return {
    name: "chat-model",
    model: facts.name,
    contextWindow: facts.contextWindow,
    async summarize({ id, transcript, previous, purpose, targetTokens, signal, observer }) {
      const words =
        targetTokens === undefined ? undefined : Math.max(1, Math.round(targetTokens * WORDS_PER_TOKEN));
      const filled =
        words !== undefined && tellsTarget ? compilePrompts({ ...options, maxSummaryWords: words }) : prompts;
      const { system, user } = filled.render({
        purpose,
        conversation: transcript,
        id,
        previous: previous.map((summary) => summary.text).join("\n\n"),
      });
      const messages = [...(system === undefined ? [] : [new SystemMessage(system)]), new HumanMessage(user)];
      const answer = await askModel(model, messages, { signal, maxTokens: targetTokens, purpose, observer });
      requireSummary(answer.text, { prompt: user, transcript, purpose, isCutOff: answer.isCutOff });
      return {
        text: answer.text,
        usage: answer.usage,
        ...(answer.model !== null && { model: answer.model }),
      };
    },
  };
}
