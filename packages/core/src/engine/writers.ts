import { z } from "zod";
import { copyEvent } from "../events/create-event.ts";
import { ConfigurationError } from "../shared/errors.ts";
import type { ChatModel } from "../summarizers/ask-model.ts";
import { chatModelSummarizer } from "../summarizers/chat-model.ts";
import { type ChunkOptions, chunked } from "../summarizers/chunked.ts";
import { extractive } from "../summarizers/extractive.ts";
import type { PromptOptions } from "../summarizers/prompt.ts";
import { redactingAnswers } from "../summarizers/redact-answers.ts";
import type { Redact } from "../summarizers/redact-events.ts";
import type { Breakers } from "../summarizers/resilience/breaker.ts";
import { inTurn } from "../summarizers/resilience/fallback.ts";
import { type ResilienceOptions, resilient } from "../summarizers/resilience/resilient.ts";
import { around, type Summarizer } from "../summarizers/summarizer.ts";

/** Who writes summaries, and what is done when they fail. */
export interface WriterOptions extends PromptOptions, ChunkOptions, ResilienceOptions {
  /** Chat model that writes the summaries. Default: none, `extractive()` writes them. */
  readonly model?: ChatModel | undefined;
  /** Writes the summaries instead of a model. */
  readonly summarizer?: Summarizer | undefined;
  /**
   * Who writes when the one before could not: other models, or summarizers such as `extractive()`. They are asked in
   * turn, within the same time limit, of which each gets a share.
   */
  readonly fallback?: Writer | readonly Writer[] | undefined;
}

/** A chat model, which writes by our prompts, or a summarizer. */
export type Writer = ChatModel | Summarizer;

/** Options that say who writes and how; a `summarizer` takes the place of them all. */
export const WRITER_OPTIONS: readonly (
  | "model"
  | "prompt"
  | "systemPrompt"
  | "mergePrompt"
  | "maxSummaryWords"
  | "userName"
)[] = ["model", "prompt", "systemPrompt", "mergePrompt", "maxSummaryWords", "userName"];

const writer = z.custom<Writer>(
  (value) => isSummarizer(value) || typeof (value as { invoke?: unknown } | null)?.invoke === "function",
  { error: "a LangChain chat model or a summarizer" },
);

/** Checks who writes when the one before could not. */
export const fallbackSchema: z.ZodType<Writer | readonly Writer[]> = z.union([z.array(writer), writer], {
  error: "a LangChain chat model, a summarizer, or a list of these",
});

/**
 * The summarizer that these options ask for, with all that is done when it fails. What it writes went through `redact`.
 * @throws ConfigurationError for a model or a prompt beside a summarizer, which would be ignored without a word.
 */
export function writerOf(options: WriterOptions, breakers: Breakers, redact?: Redact): Summarizer {
  refuseIgnored(options);
  const { model, summarizer, fallback = [] } = options;
  const guarded = (each: Writer): Summarizer => guard(each, options, breakers, redact);
  const others = (Array.isArray(fallback) ? (fallback as readonly Writer[]) : [fallback as Writer]).map(
    guarded,
  );
  return inTurn(guarded(summarizer ?? model ?? extractive()), others);
}

function guard(
  owner: Writer,
  options: WriterOptions,
  breakers: Breakers,
  redact: Redact | undefined,
): Summarizer {
  const inParts = (single: Summarizer): Summarizer => chunked(single, options, owner);
  if (!isSummarizer(owner)) {
    const single = redactingAnswers(chatModelSummarizer(owner, options), redact);
    return resilient(owner, single, inParts, options, breakers);
  }
  const whole = options.maxInputTokens === undefined ? (single: Summarizer) => single : inParts;
  return withOwnEvents(resilient(owner, redactingAnswers(owner, redact), whole, options, breakers));
}

/** A summarizer of somebody's own gets events of its own: what it does to them reaches neither the session nor the next. */
function withOwnEvents(inner: Summarizer): Summarizer {
  return around(inner, (request) =>
    inner.summarize({
      ...request,
      events: request.events.map(copyEvent),
      previous: [...request.previous],
      blocks: [...request.blocks],
      history: () => request.history()?.map(copyEvent) ?? null,
    }),
  );
}

function isSummarizer(value: unknown): value is Summarizer {
  return typeof (value as Partial<Summarizer> | null)?.summarize === "function";
}

function refuseIgnored(options: WriterOptions): void {
  if (options.summarizer === undefined) return;
  for (const option of WRITER_OPTIONS) {
    if (options[option] === undefined || (option !== "model" && hasModel(options))) continue;
    throw new ConfigurationError(`Expected \`${option}\` without \`summarizer\`: only a \`model\` heeds it`);
  }
  if (options.concurrency !== undefined && !heedsConcurrency(options)) {
    throw new ConfigurationError(
      "Expected `concurrency` with `maxInputTokens`, or without `summarizer`, which is called once",
    );
  }
}

/** Whether anybody reads in parts: a model, or a summarizer that was given a limit to its input. */
export function heedsConcurrency(options: WriterOptions): boolean {
  return options.summarizer === undefined || options.maxInputTokens !== undefined || hasModel(options);
}

/** Whether a fallback is a model, which heeds the prompts. */
function hasModel({ fallback = [] }: WriterOptions): boolean {
  return [fallback].flat().some((each) => !isSummarizer(each));
}
