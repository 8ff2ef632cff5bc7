import { isConversationEvent } from "../events/session-event.ts";
import type { SessionKey } from "../events/session-key.ts";
import type { SessionStatistics } from "../triggers/session-statistics.ts";
import type { TrackedSession } from "./tracked-session.ts";

/** How long nobody had spoken when somebody asked for a fold. It is seen then, and nowhere later. */
export interface Pause {
  readonly milliseconds: number;
  /** Of the session that it was; one made anew under the same key has another. */
  readonly generation: number;
  /** The latest summary at that moment. */
  readonly lastSummary: string | undefined;
}

/** A session whose trigger is to be asked. */
export interface Asked {
  readonly key: SessionKey;
  /** Absent: as long as it is when it is asked. */
  readonly pause: Pause | undefined;
  /** A read waits for it, and so for another process as well that may be at it. */
  readonly isAwaited?: boolean;
}

/** When the last event of the conversation happened, in milliseconds since the epoch; undefined without one. */
export function lastEventAt({ log }: TrackedSession): number | undefined {
  return log.events.findLast((event) => isConversationEvent(event) && !log.isSkipped(event))?.timestamp;
}

/** A pause of this session. */
export function pauseOf(tracked: TrackedSession, milliseconds: number): Pause {
  return { milliseconds, generation: tracked.generation, lastSummary: lastSummaryOf(tracked) };
}

/** What is asked of a session of which something is asked already: of two pauses the longer one counts. */
export function bothAsked(waiting: Asked, added: Asked): Asked {
  const [before, now] = [waiting.pause, added.pause];
  const isLonger = before !== undefined && (now === undefined || before.milliseconds > now.milliseconds);
  const isAwaited = waiting.isAwaited === true || added.isAwaited === true;
  return { key: added.key, pause: isLonger ? before : now, isAwaited };
}

/**
 * The figures of a session as they are now, but for the pause, which is as long as it was when it was asked for; other
 * sessions may have been in front since. A pause that has been folded, or another session's, does not count.
 */
export function asAsked(
  statistics: SessionStatistics,
  pause: Pause | undefined,
  tracked: TrackedSession,
  now: number,
): SessionStatistics {
  if (pause === undefined || pause.generation !== tracked.generation) return statistics;
  if (pause.lastSummary !== lastSummaryOf(tracked)) return statistics;
  const figures = Object.getOwnPropertyDescriptors(statistics);
  return Object.defineProperties({} as SessionStatistics, {
    ...figures,
    lastEventAt: { value: now - pause.milliseconds, enumerable: true },
  });
}

function lastSummaryOf({ log }: TrackedSession): string | undefined {
  return log.effective.at(-1)?.summary.id;
}
