import { z } from "zod";
import type { TranscriptFormat } from "../events/transcript.ts";
import { DEFAULT_KEEP, type KeepPolicy, keepSchema } from "../planning/keep-policy.ts";
import { DEFAULT_BLOCK_LIMIT } from "../planning/plan.ts";
import { STRATEGIES, type Strategy } from "../planning/strategy.ts";
import { type Clock, systemClock } from "../shared/clock.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { validate } from "../shared/validate.ts";
import {
  type SummaryMessageOptions,
  type SummaryWriter,
  summaryMessageSchema,
  summaryWriter,
} from "../summaries/summary-message.ts";
import type { ChatModel } from "../summarizers/ask-model.ts";
import { chatModelSummarizer } from "../summarizers/chat-model.ts";
import { chunked, chunkShape } from "../summarizers/chunked.ts";
import { extractive } from "../summarizers/extractive.ts";
import { compilePrompts } from "../summarizers/prompt.ts";
import type { Summarizer } from "../summarizers/summarizer.ts";
import { tiktokenCounter } from "../tokens/tiktoken.ts";
import { type TokenCounter, type TokenCounterLike, toTokenCounter } from "../tokens/token-counter.ts";
import { type TriggerOption, toTrigger, triggerSchema } from "../triggers/evaluate.ts";
import { conversationThreshold } from "../triggers/thresholds/conversation-threshold.ts";
import type { Trigger } from "../triggers/trigger.ts";

/** Options that a single call may override. */
export interface SummarizeOverrides {
  /** Chat model that writes the summaries. Default: none, `extractive()` writes them. */
  readonly model?: ChatModel | undefined;
  /** Writes the summaries instead of a model. */
  readonly summarizer?: Summarizer | undefined;
  /** When to fold; a list means all of them. Default: `conversationThreshold(100)`. */
  readonly trigger?: TriggerOption | undefined;
  /** How a new summary stands to those before it. Default: `rolling`, it takes their place. */
  readonly strategy?: Strategy | undefined;
  /** For `blocks`: so many of one level are merged by the next fold. Default 8. */
  readonly blockLimit?: number | undefined;
  /** What stays verbatim. Default: `{ turns: 10, maxTokens: 8000 }`. */
  readonly keep?: KeepPolicy | undefined;
  /**
   * Prompt for the model: a template with `{conversation_text}`; may hold `{previous_summary}`, `{max_summary_words}` and
   * `{user_name}`.
   */
  readonly prompt?: string | undefined;
  /** System prompt for the model. Default: our own, as long as `prompt` is ours too. */
  readonly systemPrompt?: string | undefined;
  /** Prompt for merging the summaries of parts, with `{partial_summaries}`. Default: our own. */
  readonly mergePrompt?: string | undefined;
  /** Who the user is, for `{user_name}` in the prompts. Default: "the user". */
  readonly userName?: string | undefined;
  /**
   * Tokens of conversation text that the model gets in one call; more is cut up, summarised in parts and merged. Default:
   * 70 % of the model's context window, of 32,000 where it does not say.
   */
  readonly maxInputTokens?: number | undefined;
  /** Calls at once when a long input is summarised in parts. Default 4. */
  readonly concurrency?: number | undefined;
  /** A limit in words that the prompts tell the model. Nothing is cut by it; 0 is no limit. */
  readonly maxSummaryWords?: number | undefined;
  /** Longest summary in characters (UTF-16 units); what is longer is cut at a sentence and marked. Default 1000; null: none. */
  readonly maxSummaryLength?: number | null | undefined;
  /** How long a summary should be, in tokens. Default: left to the summarizer. */
  readonly targetTokens?: number | undefined;
  /** Limit of a whole summarisation in milliseconds, retries included. Default 120,000; null: none. */
  readonly timeoutMs?: number | null | undefined;
  /** How a summary enters the window. Default: a fenced message of the user's role. */
  readonly summaryMessage?: SummaryMessageOptions | undefined;
  /**
   * For so many seconds a tool call without a result holds the fold before it, even when the user has spoken since.
   * For voice agents, whose tools run while the user talks. Default 0: a user's message shows that nobody waits.
   */
  readonly awaitResultsSeconds?: number | undefined;
  /** Free data that is kept with the summary. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of a `SessionSummarizer`. */
export interface SessionSummarizerOptions extends SummarizeOverrides {
  /** How tokens are counted. Default: exactly, for OpenAI's o200k_base. */
  readonly tokenCounter?: TokenCounterLike | undefined;
  /** Tokens that the agent's context window holds, for `contextFraction`. Default: what `model` says of itself. */
  readonly contextWindow?: number | undefined;
  /** How events are written for the summarizer. */
  readonly transcript?: TranscriptFormat | undefined;
  /** False: nothing is folded unless it is forced. Default true. */
  readonly enabled?: boolean | undefined;
  /** Tells the time. Default: the machine's clock. */
  readonly clock?: Clock | undefined;
}

/** Options after the defaults are in. */
export interface ResolvedOptions {
  readonly summarizer: Summarizer;
  readonly trigger: Trigger;
  readonly keep: KeepPolicy;
  readonly strategy: Strategy;
  readonly blockLimit: number;
  readonly maxSummaryLength: number | null;
  readonly targetTokens: number | undefined;
  readonly timeoutMs: number | null;
  readonly summaryWriter: SummaryWriter;
  readonly mergeSummaries: boolean;
  readonly awaitResultsSeconds: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly counter: TokenCounter;
  readonly contextWindow: number | undefined;
  readonly transcript: TranscriptFormat;
  readonly enabled: boolean;
  readonly clock: Clock;
}

/** Options that say who writes and how; a `summarizer` takes the place of them all. */
export const WRITER_OPTIONS: readonly ("model" | "prompt" | "systemPrompt" | "mergePrompt")[] = [
  "model",
  "prompt",
  "systemPrompt",
  "mergePrompt",
];

const DEFAULT_TURNS = 100;
const DEFAULT_MAX_SUMMARY_LENGTH = 1000;
/** Pipecat's limit, long enough for a slow model and short enough for a waiting user. */
const DEFAULT_TIMEOUT_MS = 120_000;

/** The longest that a timer of JavaScript can be set to. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
const MILLISECONDS = `milliseconds above 0 and at most ${LONGEST_TIMEOUT_MS}, or null for none`;

const positive = (unit: string) => z.number({ error: unit }).positive({ error: unit });
const aFunction = <T>() => z.custom<T>((value) => typeof value === "function", { error: "a function" });
const anObjectWith = <T>(method: string, what: string) =>
  z.custom<T>((value) => typeof (value as Record<string, unknown> | null)?.[method] === "function", {
    error: what,
  });

const counterSchema = z.custom<TokenCounterLike>(
  (value) =>
    typeof value === "function" || typeof (value as { count?: unknown } | null)?.count === "function",
  { error: "a token counter or a function from text to tokens" },
);
const formatSchema = z.strictObject(
  {
    toolCall: aFunction<NonNullable<TranscriptFormat["toolCall"]>>().optional(),
    toolResult: aFunction<NonNullable<TranscriptFormat["toolResult"]>>().optional(),
    speaker: aFunction<NonNullable<TranscriptFormat["speaker"]>>().optional(),
    media: aFunction<NonNullable<TranscriptFormat["media"]>>().optional(),
  },
  { error: "an object with functions" },
);

/** Fields of the options' schema, for those that take the same options among their own. */
export const summarizerShape: {
  readonly [option in keyof SessionSummarizerOptions]-?: z.ZodType<SessionSummarizerOptions[option]>;
} = {
  model: anObjectWith<ChatModel>("invoke", "a LangChain chat model").optional(),
  summarizer: anObjectWith<Summarizer>("summarize", "a summarizer").optional(),
  trigger: triggerSchema.optional(),
  keep: keepSchema.optional(),
  strategy: z
    .enum(STRATEGIES, { error: STRATEGIES.map((name) => JSON.stringify(name)).join(", ") })
    .optional(),
  blockLimit: z.int({ error: "an integer >= 2" }).min(2, { error: "an integer >= 2" }).optional(),
  prompt: z.string({ error: "a template" }).optional(),
  systemPrompt: z.string({ error: "a text" }).optional(),
  mergePrompt: z.string({ error: "a template" }).optional(),
  userName: z.string({ error: "a text" }).optional(),
  ...chunkShape,
  maxSummaryWords: z.int({ error: "an integer >= 0" }).min(0, { error: "an integer >= 0" }).optional(),
  maxSummaryLength: positive("a number of characters above 0, or null").nullish(),
  targetTokens: positive("a number of tokens above 0").optional(),
  timeoutMs: z
    .number({ error: MILLISECONDS })
    .positive({ error: MILLISECONDS })
    .max(LONGEST_TIMEOUT_MS, { error: MILLISECONDS })
    .nullish(),
  summaryMessage: summaryMessageSchema.optional(),
  awaitResultsSeconds: z.number({ error: "seconds >= 0" }).min(0, { error: "seconds >= 0" }).optional(),
  metadata: z.record(z.string(), z.unknown(), { error: "an object" }).optional(),
  tokenCounter: counterSchema.optional(),
  contextWindow: positive("a number of tokens above 0").optional(),
  transcript: formatSchema.optional(),
  enabled: z.boolean({ error: "true or false" }).optional(),
  clock: aFunction<Clock>().optional(),
};

const schema: z.ZodType<SessionSummarizerOptions> = z.strictObject(summarizerShape, {
  error: "an object",
});

/**
 * Checks options and fills in the defaults.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function resolveOptions(given: SessionSummarizerOptions): ResolvedOptions {
  const options = validate(schema, given);
  // Also without a model, so that a wrong prompt does not wait for the day a model is configured.
  compilePrompts(options);
  refuseIgnored(options);
  const summarizer = summarizerOf(options);
  return {
    summarizer,
    trigger:
      options.trigger === undefined ? conversationThreshold(DEFAULT_TURNS) : toTrigger(options.trigger),
    keep: options.keep ?? DEFAULT_KEEP,
    strategy: options.strategy ?? "rolling",
    blockLimit: options.blockLimit ?? DEFAULT_BLOCK_LIMIT,
    maxSummaryLength:
      options.maxSummaryLength === undefined ? DEFAULT_MAX_SUMMARY_LENGTH : options.maxSummaryLength,
    targetTokens: options.targetTokens,
    timeoutMs: options.timeoutMs === undefined ? DEFAULT_TIMEOUT_MS : options.timeoutMs,
    summaryWriter: summaryWriter(options.summaryMessage),
    mergeSummaries: options.summaryMessage?.role === "merged",
    awaitResultsSeconds: options.awaitResultsSeconds ?? 0,
    metadata: options.metadata ?? {},
    counter: toTokenCounter(options.tokenCounter ?? tiktokenCounter()),
    contextWindow: options.contextWindow ?? summarizer.contextWindow,
    transcript: options.transcript ?? {},
    enabled: options.enabled ?? true,
    clock: options.clock ?? systemClock,
  };
}

function summarizerOf(options: SessionSummarizerOptions): Summarizer {
  const { model, summarizer } = options;
  if (summarizer !== undefined)
    return options.maxInputTokens === undefined ? summarizer : chunked(summarizer, options);
  return model === undefined ? extractive() : chunked(chatModelSummarizer(model, options), options);
}

/** A model or a prompt beside a summarizer of one's own would be ignored without a word. */
function refuseIgnored(options: SessionSummarizerOptions): void {
  if (options.summarizer === undefined) return;
  for (const option of WRITER_OPTIONS) {
    if (options[option] === undefined) continue;
    throw new ConfigurationError(`Expected \`${option}\` without \`summarizer\`: only a \`model\` heeds it`);
  }
}
