import { evaluateTrigger } from "./evaluate.ts";
import type { SessionStatistics } from "./session-statistics.ts";
import { compare, named, type Trigger } from "./trigger.ts";

/** As good as no size at all; a session of no events fires nothing. */
const NO_SIZE = Number.MIN_VALUE;

/**
 * A trigger that fires when a session is so many times as large as the given one asks for, or fills the model's context
 * window if that one goes by it: no request is answered beyond. Only sizes count: time and the length of a single text
 * never make a session too large, nor does a trigger that would fire at any size.
 */
export function timesAsLarge(trigger: Trigger, factor: number): Trigger {
  return named("timesAsLarge", async (statistics, now) => {
    const figures = scaled(statistics, 1 / factor, now);
    const answer = await evaluateTrigger(trigger, figures, now);
    const { contextWindow } = statistics;
    if (!answer.fired)
      return figures.isWindowAsked() && contextWindow !== undefined
        ? compare("context tokens", statistics.windowTokens, contextWindow)
        : answer;
    const small = await evaluateTrigger(trigger, scaled(statistics, NO_SIZE, now), now);
    return small.fired ? { name: "any size", fired: false } : answer;
  });
}

/** The figures are read only when they are asked for: some cost a walk over the session. */
function scaled(
  statistics: SessionStatistics,
  by: number,
  now: number,
): SessionStatistics & { readonly isWindowAsked: () => boolean } {
  let isWindowAsked = false;
  return {
    isWindowAsked: () => isWindowAsked,
    get userEvents() {
      return statistics.userEvents * by;
    },
    get events() {
      return statistics.events * by;
    },
    get tokens() {
      return statistics.tokens * by;
    },
    get windowTokens() {
      return statistics.windowTokens * by;
    },
    get textLength() {
      return statistics.textLength * by;
    },
    longestText: 0,
    lastSummaryAt: statistics.lastSummaryAt === undefined ? undefined : now,
    firstEventAt: now,
    lastEventAt: now,
    get contextWindow() {
      isWindowAsked = true;
      return statistics.contextWindow;
    },
  };
}
