import { z } from "zod";
import { type SessionSummarizerOptions, summarizerShape } from "../engine/options.ts";
import type { SummarizeOutcome } from "../engine/outcome.ts";
import { SessionSummarizer } from "../engine/session-summarizer.ts";
import type { SessionKey } from "../events/session-key.ts";
import { LONGEST_TIMEOUT_MS } from "../shared/deadline.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { guarded, quietly } from "../shared/guarded.ts";
import { validate } from "../shared/validate.ts";
import type { Summarizer } from "../summarizers/summarizer.ts";
import { type TriggerOption, toTrigger, triggerSchema } from "../triggers/evaluate.ts";
import { timesAsLarge } from "../triggers/hard-limit.ts";
import type { Trigger } from "../triggers/trigger.ts";

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
   * When sessions fold by themselves. `background` (default): after the append that makes them due, which does not wait.
   * `inline`: in that append, before it returns. `manual`: never; only `summarize` folds.
   */
  readonly mode?: "background" | "inline" | "manual" | undefined;
  /**
   * In the background: when a session is so large that a read of its window waits for the fold. False: never. Default: at
   * twice what `trigger` asks for, or where the model's context window is full if the trigger goes by that; only sizes
   * count, not times, and a trigger that fires at any size sets no limit.
   */
  readonly limit?: TriggerOption | false | undefined;
  /**
   * How long such a read waits, in milliseconds; then it hands out the unfolded window, and nobody waits for that fold
   * any more. Default 30,000.
   */
  readonly limitWaitMs?: number | undefined;
  /** In the background: folds at once, over all sessions. Default 4. */
  readonly maxConcurrentFolds?: number | undefined;
  /**
   * In the background: sessions that may wait for their fold. Others are found again at their next append, or their next
   * read past the limit. Default 10,000.
   */
  readonly maxWaitingSessions?: number | undefined;
  /**
   * Milliseconds after which another process may fold a session whose folding process has died; while it lives, it renews.
   * Only for stores that several processes share. Default 30,000.
   */
  readonly leaseMs?: number | undefined;
  /**
   * Given the end of each fold in the background, for platforms that stop a process once it has answered, such as
   * `waitUntil` of serverless functions.
   */
  readonly waitUntil?: ((done: Promise<void>) => unknown) | undefined;
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
  readonly mode: "background" | "inline" | "manual";
  readonly limit: Trigger | undefined;
  readonly limitWaitMs: number;
  readonly maxConcurrentFolds: number;
  readonly maxWaitingSessions: number;
  readonly leaseMs: number;
  readonly waitUntil: ((done: Promise<void>) => unknown) | undefined;
  readonly onOutcome: NonNullable<WithSummariesOptions["onOutcome"]>;
  readonly logger: { warn(message: string): void };
  readonly maxCachedSessions: number;
}

const DEFAULT_CACHED_SESSIONS = 1000;
const DEFAULT_LIMIT_FACTOR = 2;
const DEFAULT_LIMIT_WAIT_MS = 30_000;
const DEFAULT_CONCURRENT_FOLDS = 4;
const DEFAULT_WAITING_SESSIONS = 10_000;
const DEFAULT_LEASE_MS = 30_000;

const aboveZero = { error: "an integer above 0" };
const aWait = { error: `milliseconds >= 0 and at most ${LONGEST_TIMEOUT_MS}` };
const aLease = { error: `milliseconds >= 1 and at most ${LONGEST_TIMEOUT_MS}` };
const ownShape = {
  summarizer: z
    .custom<SessionSummarizer | Summarizer>(
      (value) =>
        value instanceof SessionSummarizer || typeof (value as Summarizer | null)?.summarize === "function",
      { error: "a SessionSummarizer or a summarizer" },
    )
    .optional(),
  mode: z
    .enum(["background", "inline", "manual"], { error: '"background", "inline" or "manual"' })
    .optional(),
  limit: z
    .union([z.literal(false), triggerSchema], { error: "a trigger, a list of them, or false" })
    .optional(),
  limitWaitMs: z.number(aWait).min(0, aWait).max(LONGEST_TIMEOUT_MS, aWait).optional(),
  maxConcurrentFolds: z.int(aboveZero).min(1, aboveZero).optional(),
  maxWaitingSessions: z.int(aboveZero).min(1, aboveZero).optional(),
  leaseMs: z.number(aLease).min(1, aLease).max(LONGEST_TIMEOUT_MS, aLease).optional(),
  waitUntil: z
    .custom<NonNullable<WithSummariesOptions["waitUntil"]>>((value) => typeof value === "function", {
      error: "a function",
    })
    .optional(),
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
};
const schema = z.strictObject({ ...summarizerShape, ...ownShape });

const OWN: ReadonlySet<string> = new Set(Object.keys(ownShape));

/**
 * Checks options and fills in the defaults.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function resolveServiceOptions(given: WithSummariesOptions): ResolvedServiceOptions {
  const options = validate(schema, given);
  const logger = quietly(options.logger ?? console);
  const { onOutcome: report, waitUntil } = options;
  const summarizer = summarizerOf(given);
  const { limit } = options;
  return {
    summarizer,
    mode: options.mode ?? "background",
    limit:
      limit === false
        ? undefined
        : limit === undefined
          ? timesAsLarge(summarizer.options.trigger, DEFAULT_LIMIT_FACTOR)
          : toTrigger(limit),
    limitWaitMs: options.limitWaitMs ?? DEFAULT_LIMIT_WAIT_MS,
    maxConcurrentFolds: options.maxConcurrentFolds ?? DEFAULT_CONCURRENT_FOLDS,
    maxWaitingSessions: options.maxWaitingSessions ?? DEFAULT_WAITING_SESSIONS,
    leaseMs: options.leaseMs ?? DEFAULT_LEASE_MS,
    waitUntil:
      waitUntil &&
      ((done) =>
        guarded(
          () => waitUntil(done),
          () => logger.warn("sessionfold: waitUntil failed"),
        )),
    onOutcome: (outcome, context) =>
      guarded(
        () => report?.(outcome, context),
        () => logger.warn(`sessionfold: onOutcome failed for session ${context.session.sessionId}`),
      ),
    logger,
    maxCachedSessions: options.maxCachedSessions ?? DEFAULT_CACHED_SESSIONS,
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
