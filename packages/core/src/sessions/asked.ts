import type { SessionKey } from "../events/session-key.ts";
import type { SessionStatistics } from "../triggers/session-statistics.ts";
import type { TrackedSession } from "./tracked-session.ts";

/** A session as it stood before a user spoke. */
export interface Moment {
  readonly statistics: SessionStatistics;
  /** When that was, in milliseconds since the epoch. */
  readonly now: number;
  readonly tracked: TrackedSession;
  /** Of the session that it was; one made anew under the same key has another. */
  readonly generation: number;
  /** The summary that the figures reckon with. */
  readonly lastSummary: string | undefined;
}

/** What a session's trigger is to be asked about. */
export interface Asked {
  readonly key: SessionKey;
  /** The moment before somebody spoke: pauses are seen there, and nowhere later. */
  readonly before: Moment | undefined;
  /** Whether also about the session as it stands once it is its turn. */
  readonly after: boolean;
}

/** The session as these figures tell it. */
export function momentOf(tracked: TrackedSession, statistics: SessionStatistics, now: number): Moment {
  const { generation } = tracked;
  return { statistics, now, tracked, generation, lastSummary: lastSummaryOf(tracked) };
}

/** What is asked of a session of which something is asked already: of two moments before, that of the longer pause. */
export function bothAsked(waiting: Asked, added: Asked): Asked {
  const before = [waiting.before, added.before].filter((moment) => moment !== undefined);
  const longest = before.reduce<Moment | undefined>(
    (most, moment) => (most === undefined || pauseOf(moment) >= pauseOf(most) ? moment : most),
    undefined,
  );
  return { key: added.key, before: longest, after: waiting.after || added.after };
}

/** Whether the figures are still those of this session, and nothing has been folded since. */
export function stillHolds(moment: Moment, tracked: TrackedSession): boolean {
  if (moment.tracked === tracked && moment.generation !== tracked.generation) return false;
  return moment.lastSummary === lastSummaryOf(tracked);
}

function lastSummaryOf({ log }: TrackedSession): string | undefined {
  return log.effective.at(-1)?.summary.id;
}

function pauseOf({ statistics, now }: Moment): number {
  return now - (statistics.lastEventAt ?? now);
}
