import { z } from "zod";
import type { TranscriptFormat } from "../events/transcript.ts";
import { DEFAULT_KEEP, type KeepPolicy, keepSchema } from "../planning/keep-policy.ts";
import { DEFAULT_BLOCK_LIMIT } from "../planning/plan.ts";
import { STRATEGIES, type Strategy } from "../planning/strategy.ts";
import { type Clock, systemClock } from "../shared/clock.ts";
import { LONGEST_TIMEOUT_MS } from "../shared/deadline.ts";
import { validate } from "../shared/validate.ts";
import {
  type SummaryMessageOptions,
  type SummaryWriter,
  summaryMessageSchema,
  summaryWriter,
} from "../summaries/summary-message.ts";
import type { ChatModel } from "../summarizers/ask-model.ts";
import { chunkShape } from "../summarizers/chunked.ts";
import { compilePrompts } from "../summarizers/prompt.ts";
import { checkedRedact, type Redact } from "../summarizers/redact-events.ts";
import type { Breakers } from "../summarizers/resilience/breaker.ts";
import { resilienceShape } from "../summarizers/resilience/resilient.ts";
import type { Summarizer } from "../summarizers/summarizer.ts";
import { tiktokenCounter } from "../tokens/tiktoken.ts";
import { type TokenCounter, type TokenCounterLike, toTokenCounter } from "../tokens/token-counter.ts";
import { type TriggerOption, toTrigger, triggerSchema } from "../triggers/evaluate.ts";
import { conversationThreshold } from "../triggers/thresholds/conversation-threshold.ts";
import type { Trigger } from "../triggers/trigger.ts";
import { hooksSchema, type SummarizeHooks } from "./hooks.ts";
import {
  type ObserverOptions,
  observerShape,
  type ResolvedTelemetry,
  resolveTelemetry,
} from "./telemetry/telemetry-options.ts";
import { fallbackSchema, type WriterOptions, writerOf } from "./writers.ts";

/** Options that a single call may override. */
export interface SummarizeOverrides extends WriterOptions {
  /** When to fold; a list means all of them. Default: `conversationThreshold(100)`. */
  readonly trigger?: TriggerOption | undefined;
  /** How a new summary stands to those before it. Default: `rolling`, it takes their place. */
  readonly strategy?: Strategy | undefined;
  /** For `blocks`: so many of one level are merged by the next fold. Default 8. */
  readonly blockLimit?: number | undefined;
  /** What stays verbatim. Default: `{ turns: 10, maxTokens: 8000 }`. */
  readonly keep?: KeepPolicy | undefined;
  /** Longest summary in characters (UTF-16 units); what is longer is cut at a sentence and marked. Default 1000; null: none. */
  readonly maxSummaryLength?: number | null | undefined;
  /** How long a summary should be, in tokens. Default: left to the summarizer. */
  readonly targetTokens?: number | undefined;
  /** Limit of a whole summarisation in milliseconds, retries included. Default 120,000; null: none. */
  readonly timeoutMs?: number | null | undefined;
  /**
   * A fold takes at least so many events out of the window, unless it is forced; pinned ones, and those that stay, do not
   * count. Default 1.
   */
  readonly minEvents?: number | undefined;
  /**
   * A further fold takes at least this share of the window's tokens with it, 0 to 1, unless it is forced; else it waits.
   * Default 0.1, so that a tail that is kept beyond the trigger is not summarised anew with each turn.
   */
  readonly minGain?: number | undefined;
  /** Calls around the writing of a summary: edit what is read, edit or veto what was written. */
  readonly hooks?: SummarizeHooks | undefined;
  /**
   * Takes out of each text what must not leave the session: it is applied to all that a summarizer or a hook reads, names
   * and earlier summaries included, and to what is written. A text goes through it more than once, so what it returned must
   * stay as it is. Events are handed on with what can be read of them, without changes of state and a provider's metadata.
   * The log keeps what was said. See `redactSecrets`.
   */
  readonly redact?: Redact | undefined;
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
export interface SessionSummarizerOptions extends SummarizeOverrides, ObserverOptions {
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
  readonly minEvents: number;
  readonly minGain: number;
  readonly hooks: SummarizeHooks;
  readonly redact: Redact | undefined;
  readonly summaryWriter: SummaryWriter;
  readonly mergeSummaries: boolean;
  readonly awaitResultsSeconds: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly counter: TokenCounter;
  readonly contextWindow: number | undefined;
  readonly transcript: TranscriptFormat;
  readonly enabled: boolean;
  readonly clock: Clock;
  readonly telemetry: ResolvedTelemetry;
}

const DEFAULT_TURNS = 100;
const DEFAULT_MAX_SUMMARY_LENGTH = 1000;
/** Pipecat's limit, long enough for a slow model and short enough for a waiting user. */
const DEFAULT_TIMEOUT_MS = 120_000;

const DEFAULT_MIN_EVENTS = 1;
const DEFAULT_MIN_GAIN = 0.1;

const MILLISECONDS = `milliseconds above 0 and at most ${LONGEST_TIMEOUT_MS}, or null for none`;

const oneOrMore = { error: "an integer >= 1" };
const aShare = { error: "a number from 0 to 1" };
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
  ...resilienceShape,
  fallback: fallbackSchema.optional(),
  maxSummaryWords: z.int({ error: "an integer >= 0" }).min(0, { error: "an integer >= 0" }).optional(),
  maxSummaryLength: positive("a number of characters above 0, or null").nullish(),
  targetTokens: positive("a number of tokens above 0").optional(),
  timeoutMs: z
    .number({ error: MILLISECONDS })
    .positive({ error: MILLISECONDS })
    .max(LONGEST_TIMEOUT_MS, { error: MILLISECONDS })
    .nullish(),
  minEvents: z.int(oneOrMore).min(1, oneOrMore).optional(),
  minGain: z.number(aShare).min(0, aShare).max(1, aShare).optional(),
  hooks: hooksSchema.optional(),
  redact: aFunction<Redact>().optional(),
  summaryMessage: summaryMessageSchema.optional(),
  awaitResultsSeconds: z.number({ error: "seconds >= 0" }).min(0, { error: "seconds >= 0" }).optional(),
  metadata: z.record(z.string(), z.unknown(), { error: "an object" }).optional(),
  tokenCounter: counterSchema.optional(),
  contextWindow: positive("a number of tokens above 0").optional(),
  transcript: formatSchema.optional(),
  enabled: z.boolean({ error: "true or false" }).optional(),
  clock: aFunction<Clock>().optional(),
  ...observerShape,
};

const schema: z.ZodType<SessionSummarizerOptions> = z.strictObject(summarizerShape, {
  error: "an object",
});

/**
 * Checks options and fills in the defaults. `breakers` are those of the summarizer that the options belong to.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function resolveOptions(given: SessionSummarizerOptions, breakers: Breakers): ResolvedOptions {
  const options = validate(schema, given);
  // Also without a model, so that a wrong prompt does not wait for the day a model is configured.
  compilePrompts(options);
  const redact = options.redact === undefined ? undefined : checkedRedact(options.redact);
  const summarizer = writerOf(options, breakers, redact);
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
    minEvents: options.minEvents ?? DEFAULT_MIN_EVENTS,
    minGain: options.minGain ?? DEFAULT_MIN_GAIN,
    hooks: options.hooks ?? {},
    redact,
    summaryWriter: summaryWriter(options.summaryMessage),
    mergeSummaries: options.summaryMessage?.role === "merged",
    awaitResultsSeconds: options.awaitResultsSeconds ?? 0,
    metadata: options.metadata ?? {},
    counter: toTokenCounter(options.tokenCounter ?? tiktokenCounter()),
    contextWindow: options.contextWindow ?? summarizer.contextWindow,
    transcript: options.transcript ?? {},
    enabled: options.enabled ?? true,
    clock: options.clock ?? systemClock,
    telemetry: resolveTelemetry(options),
  };
}
