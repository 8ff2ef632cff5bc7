import { evaluateTrigger } from "./evaluate.ts";
import type { SessionStatistics } from "./session-statistics.ts";
import { named, type Trigger } from "./trigger.ts";

/**
 * A trigger that fires when a session is so many times as large as the given one asks for. Only sizes count: time and the
 * length of a single text never make a session too large.
 */
export function timesAsLarge(trigger: Trigger, factor: number): Trigger {
  return named("timesAsLarge", (statistics, now) =>
    evaluateTrigger(trigger, scaled(statistics, 1 / factor, now), now),
  );
}

/** The figures are read only when they are asked for: some cost a walk over the session. */
function scaled(statistics: SessionStatistics, by: number, now: number): SessionStatistics {
  return {
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
    contextWindow: statistics.contextWindow,
  };
}
