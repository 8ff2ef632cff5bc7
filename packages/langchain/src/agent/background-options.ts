import type { Trigger, TriggerOption } from "@sessionfold/core";
import {
  guarded,
  LONGEST_TIMEOUT_MS,
  timesAsLarge,
  toTrigger,
  triggerSchema,
} from "@sessionfold/core/engine";
import { z } from "zod";

/** When a filter folds, and what it does about conversations that outgrow it. */
export interface BackgroundFoldOptions {
  /**
   * When it folds. `background`: after the model call that makes the conversation due, which does not wait; a later call
   * of that conversation uses the summary. `inline`: in the model call that is due, before the model is asked. Default:
   * `background` where one of `model`, `summarizer`, `fallback` and `cacheSafe` says who writes, else `inline`, since what
   * writes then costs no time; `inline` also for a run without a `thread_id` or a checkpointer, after which nobody may know
   * its messages by the ids they have. Asked for all the same, `background` needs ids that stay the same from run to run.
   */
  readonly mode?: "background" | "inline" | undefined;
  /**
   * In the background: when a conversation is so large that a model call waits for the fold. False: never. Default: at
   * twice what `trigger` asks for, or where the model's context window is full if the trigger goes by that; only sizes
   * count, not times, and a trigger that fires at any size sets no limit.
   */
  readonly limit?: TriggerOption | false | undefined;
  /**
   * How long such a call waits, in milliseconds; then the model gets the unfolded window, and nobody waits for that fold
   * any more. Default 30,000.
   */
  readonly limitWaitMs?: number | undefined;
  /** In the background: folds at once, over all conversations. Default 4. */
  readonly maxConcurrentFolds?: number | undefined;
  /**
   * Given the end of each fold in the background, for platforms that stop a process once it has answered, such as
   * `waitUntil` of serverless functions.
   */
  readonly waitUntil?: ((done: Promise<void>) => unknown) | undefined;
}

/** The options after the defaults are in. */
export interface ResolvedBackground {
  readonly limit: Trigger | undefined;
  readonly limitWaitMs: number;
  readonly maxConcurrentFolds: number;
  readonly waitUntil: ((done: Promise<void>) => unknown) | undefined;
}

const DEFAULT_LIMIT_FACTOR = 2;
const DEFAULT_LIMIT_WAIT_MS = 30_000;
const DEFAULT_CONCURRENT_FOLDS = 4;

const aboveZero = { error: "an integer >= 1" };
const aWait = { error: `milliseconds >= 0 and at most ${LONGEST_TIMEOUT_MS}` };

/** Fields of the options' schema. */
export const backgroundShape: {
  readonly [option in keyof BackgroundFoldOptions]-?: z.ZodType<BackgroundFoldOptions[option]>;
} = {
  mode: z.enum(["background", "inline"], { error: '"background" or "inline"' }).optional(),
  limit: z
    .union([z.literal(false), triggerSchema], { error: "a trigger, a list of them, or false" })
    .optional(),
  limitWaitMs: z.number(aWait).min(0, aWait).max(LONGEST_TIMEOUT_MS, aWait).optional(),
  maxConcurrentFolds: z.int(aboveZero).min(1, aboveZero).optional(),
  waitUntil: z
    .custom<NonNullable<BackgroundFoldOptions["waitUntil"]>>((value) => typeof value === "function", {
      error: "a function",
    })
    .optional(),
};

/** Fills in the defaults, for a filter that folds by this trigger. What `waitUntil` throws is warned of. */
export function resolveBackground(
  { limit, limitWaitMs, maxConcurrentFolds, waitUntil }: BackgroundFoldOptions,
  trigger: Trigger,
  warn: (message: string) => void,
): ResolvedBackground {
  return {
    limit:
      limit === undefined
        ? timesAsLarge(trigger, DEFAULT_LIMIT_FACTOR)
        : limit === false
          ? undefined
          : toTrigger(limit),
    limitWaitMs: limitWaitMs ?? DEFAULT_LIMIT_WAIT_MS,
    maxConcurrentFolds: maxConcurrentFolds ?? DEFAULT_CONCURRENT_FOLDS,
    waitUntil:
      waitUntil &&
      ((done) =>
        guarded(
          () => waitUntil(done),
          () => warn("sessionfold: waitUntil failed"),
        )),
  };
}
