import {
  ConfigurationError,
  presets,
  SessionSummarizer,
  type SessionSummarizerOptions,
  type SummarizeOutcome,
  type Summarizer,
  validate,
} from "@sessionfold/core";
import { guarded, quietly, summarizerShape } from "@sessionfold/core/engine";
import { z } from "zod";
import { DEFAULT_NAME } from "../messages/message-events.ts";
import type { RecallOptions } from "../recall/recall-options.ts";
import {
  type BackgroundFoldOptions,
  backgroundShape,
  type ResolvedBackground,
  resolveBackground,
} from "./background-options.ts";
import { steadyClock } from "./steady-clock.ts";
import { type TrimToolResults, trimSchema } from "./trim-options.ts";

/** Where an outcome of a filter comes from. */
export interface FilterContext {
  /** Name of the filter. */
  readonly name: string;
  /** Name of the running agent, where it is known. */
  readonly agent: string | undefined;
  /** The agent whose events alone are folded; undefined for the whole thread. */
  readonly scope: string | undefined;
  /** The thread, where the run has one. */
  readonly threadId: string | undefined;
}

/**
 * Options of `agentSummarizer`: its own, and those of a `SessionSummarizer`. Unless they are set, it folds at 16,000 tokens
 * behind the summary down to 8,000 (`presets.chat()`), at least 2 messages (`minEvents`), and a further time only when a
 * quarter of the window goes with it (`minGain` 0.25).
 */
export interface AgentSummarizerOptions extends SessionSummarizerOptions, BackgroundFoldOptions {
  /**
   * Name of the middleware, under which its records are kept. Default "sessionfold". Two filters on one agent need two
   * names; "SummarizationMiddleware" takes the place of the one that deepagents brings along.
   */
  readonly name?: string | undefined;
  /**
   * What is folded: the whole `thread` (default), or what the running `agent` said and what its tools returned. The
   * latter needs an agent with a name; without one a call throws a `ConfigurationError`.
   */
  readonly scope?: "thread" | "agent" | undefined;
  /** Name of the agent. Default: the `name` that `createAgent` was given. Needed for agents within a graph of one's own. */
  readonly agent?: string | undefined;
  /**
   * Sends the summarising call as the agent's own request, with the same model, tools and system prompt, and one more user
   * message: a provider's prompt cache is used again. In place of `model` and `summarizer`. Default false.
   */
  readonly cacheSafe?: boolean | undefined;
  /** Shortens old large tool results in the window, without a model. The state keeps them whole. Default: none. */
  readonly trimToolResults?: TrimToolResults | undefined;
  /**
   * Gives the agent tools to search the whole history and to read messages of it, folded ones too: `search_history` and
   * `load_messages`, over the messages of its state. True, or options of these tools. Default false.
   */
  readonly recall?: boolean | RecallOptions | undefined;
  /** Told of every attempt, those that skipped as well. What it throws is logged and changes nothing. */
  readonly onOutcome?: ((outcome: SummarizeOutcome, context: FilterContext) => unknown) | undefined;
  /** Gets warnings, which never carry content. Default: the console. */
  readonly logger?: { warn(message: string): void } | undefined;
  /** Threads whose folded state stays in memory; others are read again from their messages. Default 100. */
  readonly maxCachedThreads?: number | undefined;
}

/** Options after the defaults are in. */
export interface ResolvedFilterOptions {
  readonly name: string;
  readonly scope: "thread" | "agent";
  readonly agent: string | undefined;
  readonly cacheSafe: boolean;
  /** How it folds in the background; undefined where it folds in the call. */
  readonly background: ResolvedBackground | undefined;
  /** Whether the mode was asked for. */
  readonly isModeGiven: boolean;
  readonly trimToolResults: TrimToolResults | undefined;
  /** Options of the recall tools; undefined without them. */
  readonly recall: RecallOptions | undefined;
  /** Tells the application; what it throws is logged. */
  readonly report: (outcome: SummarizeOutcome, context: FilterContext) => void;
  /** Logs a warning, which never carries content. */
  readonly warn: (message: string) => void;
  readonly maxCachedThreads: number;
  readonly summarizer: SessionSummarizer;
  /** Tokens of the agent's context window, where they were given. */
  readonly contextWindow: number | undefined;
}

const DEFAULT_CACHED_THREADS = 100;
/** One short message is not worth a call. */
const DEFAULT_MIN_EVENTS = 2;
/** In a run each call asks anew: a tail that is kept beyond the trigger would otherwise be folded at almost every one. */
const DEFAULT_MIN_GAIN = 0.25;
const A_NAME = "a name with text in it";
/** Who writes summaries: where none of these says so, `extractive()` does, at once. */
const WRITERS = ["model", "summarizer", "fallback"] as const;

/** What `cacheSafe` could not heed. */
const IGNORED_BY_CACHE_SAFE = [
  "model",
  "summarizer",
  "prompt",
  "systemPrompt",
  "mergePrompt",
  "maxInputTokens",
  "redact",
] as const;

const aFunction = <T>() => z.custom<T>((value) => typeof value === "function", { error: "a function" });

const ownShape = {
  name: z.string({ error: A_NAME }).min(1, { error: A_NAME }).optional(),
  scope: z.enum(["thread", "agent"], { error: '"thread" or "agent"' }).optional(),
  agent: z.string({ error: A_NAME }).min(1, { error: A_NAME }).optional(),
  cacheSafe: z.boolean({ error: "true or false" }).optional(),
  trimToolResults: trimSchema.optional(),
  recall: z
    .union([z.boolean(), z.custom<RecallOptions>((value) => typeof value === "object" && value !== null)], {
      error: "true, false or an object",
    })
    .optional(),
  onOutcome: aFunction<NonNullable<AgentSummarizerOptions["onOutcome"]>>().optional(),
  logger: z
    .custom<{ warn(message: string): void }>(
      (value) => typeof (value as { warn?: unknown } | null)?.warn === "function",
      { error: "an object with a method warn" },
    )
    .optional(),
  maxCachedThreads: z.int({ error: "an integer >= 1" }).min(1, { error: "an integer >= 1" }).optional(),
  ...backgroundShape,
};

const schema: z.ZodType<AgentSummarizerOptions> = z.strictObject(
  { ...summarizerShape, ...ownShape },
  { error: "an object" },
);

const OWN: ReadonlySet<string> = new Set(Object.keys(ownShape));

/**
 * Checks options and fills in the defaults. `cacheSafe` writes where the option of that name is set.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function resolveFilterOptions(
  given: AgentSummarizerOptions,
  cacheSafe?: Summarizer,
): ResolvedFilterOptions {
  const options = validate(schema, given);
  for (const option of options.cacheSafe === true ? IGNORED_BY_CACHE_SAFE : []) {
    if (options[option] === undefined) continue;
    throw new ConfigurationError(
      `Expected \`cacheSafe\` without \`${option}\`: the agent's own request is sent as it is`,
    );
  }
  const defined = new Map(Object.entries(options).filter(([, value]) => value !== undefined));
  const summarizing: SessionSummarizerOptions = Object.fromEntries(
    [...defined].filter(([key]) => !OWN.has(key)),
  );
  const { warn } = quietly(options.logger ?? console);
  const { onOutcome } = options;
  const summarizer = new SessionSummarizer({
    ...presets.chat(),
    minEvents: DEFAULT_MIN_EVENTS,
    minGain: DEFAULT_MIN_GAIN,
    ...summarizing,
    logger: { warn },
    ...(options.clock !== undefined && { clock: steadyClock(options.clock, warn) }),
    ...(options.cacheSafe === true && { summarizer: cacheSafe }),
  });
  const takesTime = options.cacheSafe === true || WRITERS.some((option) => defined.has(option));
  const mode = options.mode ?? (takesTime ? "background" : "inline");
  return {
    name: options.name ?? DEFAULT_NAME,
    scope: options.scope ?? "thread",
    agent: options.agent,
    cacheSafe: options.cacheSafe ?? false,
    trimToolResults: options.trimToolResults,
    recall: options.recall === true ? {} : options.recall || undefined,
    report: (outcome, context) =>
      guarded(
        () => onOutcome?.(outcome, context),
        () => warn(`sessionfold: onOutcome failed for the filter ${context.name}`),
      ),
    warn,
    maxCachedThreads: options.maxCachedThreads ?? DEFAULT_CACHED_THREADS,
    summarizer,
    isModeGiven: options.mode !== undefined,
    background:
      mode === "background" ? resolveBackground(options, summarizer.options.trigger, warn) : undefined,
    contextWindow: options.contextWindow,
  };
}
