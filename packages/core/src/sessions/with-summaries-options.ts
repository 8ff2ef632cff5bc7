import { z } from "zod";
import { type SessionSummarizerOptions, summarizerShape } from "../engine/options.ts";
import type { SummarizeOutcome } from "../engine/outcome.ts";
import { SessionSummarizer } from "../engine/session-summarizer.ts";
import type { SessionKey } from "../events/session-key.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { validate } from "../shared/validate.ts";
import type { Summarizer } from "../summarizers/summarizer.ts";

/** Where an outcome comes from. */
export interface OutcomeContext {
  readonly session: SessionKey;
  readonly scope: string | undefined;
  /** Whether an append started it, not a call of `summarize`. */
  readonly automatic: boolean;
}

/** Options of `withSummaries`: its own, and those of a `SessionSummarizer` unless one is given. */
export interface WithSummariesOptions extends Omit<SessionSummarizerOptions, "summarizer"> {
  /** When to fold, what to keep and who writes; or only who writes. Default: one made of the other options. */
  readonly summarizer?: SessionSummarizer | Summarizer | undefined;
  /**
   * When sessions fold by themselves. `inline` (default): in the append that makes them due, before it returns.
   * `manual`: never; only `summarize` folds.
   */
  readonly mode?: "inline" | "manual" | undefined;
  /** Told of every attempt, those that skipped as well. What it throws is logged and changes nothing. */
  readonly onOutcome?: ((outcome: SummarizeOutcome, context: OutcomeContext) => unknown) | undefined;
  /** Gets warnings, which never carry content. Default: the console. */
  readonly logger?: { warn(message: string): void } | undefined;
  /** Sessions whose folded state stays in memory; others are read again when they are needed. Default 1000. */
  readonly maxCachedSessions?: number | undefined;
}

/** Options after the defaults are in. */
export interface ResolvedServiceOptions {
  readonly summarizer: SessionSummarizer;
  readonly mode: "inline" | "manual";
  readonly onOutcome: NonNullable<WithSummariesOptions["onOutcome"]>;
  readonly logger: { warn(message: string): void };
  readonly maxCachedSessions: number;
}

const DEFAULT_CACHED_SESSIONS = 1000;

const aboveZero = { error: "an integer above 0" };
const schema = z.strictObject({
  ...summarizerShape,
  summarizer: z
    .custom<SessionSummarizer | Summarizer>(
      (value) =>
        value instanceof SessionSummarizer || typeof (value as Summarizer | null)?.summarize === "function",
      { error: "a SessionSummarizer or a summarizer" },
    )
    .optional(),
  mode: z.enum(["inline", "manual"], { error: '"inline" or "manual"' }).optional(),
  onOutcome: z
    .custom<NonNullable<WithSummariesOptions["onOutcome"]>>((value) => typeof value === "function", {
      error: "a function",
    })
    .optional(),
  logger: z
    .custom<{ warn(message: string): void }>(
      (value) => typeof (value as { warn?: unknown } | null)?.warn === "function",
      {
        error: "an object with a function `warn`",
      },
    )
    .optional(),
  maxCachedSessions: z.int(aboveZero).min(1, aboveZero).optional(),
});

const OWN = new Set(["summarizer", "mode", "onOutcome", "logger", "maxCachedSessions"]);

/**
 * Checks options and fills in the defaults.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function resolveServiceOptions(given: WithSummariesOptions): ResolvedServiceOptions {
  const options = validate(schema, given);
  const logger = quietly(options.logger ?? console);
  const report = options.onOutcome;
  return {
    summarizer: summarizerOf(given),
    mode: options.mode ?? "inline",
    onOutcome: (outcome, context) => {
      const warn = (): void =>
        logger.warn(`sessionfold: onOutcome failed for session ${context.session.sessionId}`);
      try {
        Promise.resolve(report?.(outcome, context)).catch(warn);
      } catch {
        warn();
      }
    },
    logger,
    maxCachedSessions: options.maxCachedSessions ?? DEFAULT_CACHED_SESSIONS,
  };
}

/** A logger that fails must not take a session down with it. */
function quietly(logger: { warn(message: string): void }): { warn(message: string): void } {
  return {
    warn: (message) => {
      try {
        logger.warn(message);
      } catch {
        // There is nobody left to tell.
      }
    },
  };
}

function summarizerOf({ summarizer, ...rest }: WithSummariesOptions): SessionSummarizer {
  const others = Object.entries(rest).filter(([name, value]) => !OWN.has(name) && value !== undefined);
  if (!(summarizer instanceof SessionSummarizer)) {
    return new SessionSummarizer({ ...Object.fromEntries(others), summarizer, logger: rest.logger });
  }
  const [first] = others;
  if (first !== undefined) {
    throw new ConfigurationError(
      `Expected \`${first[0]}\` to be an option of the SessionSummarizer, since one is given`,
    );
  }
  return summarizer;
}
