import type { SessionEvent } from "../events/session-event.ts";
import { transcriptBlocks } from "../events/transcript.ts";
import type { Plan } from "../planning/plan.ts";
import { type FoldedLog, inLogOrder } from "../summaries/fold.ts";
import type { SessionSummary } from "../summaries/session-summary.ts";
import { redactBlocks, redactEvent, redactSummary } from "../summarizers/redact-events.ts";
import { attempt } from "./attempt.ts";
import type { CompactionTarget } from "./compaction-target.ts";
import type { ResolvedOptions } from "./options.ts";

/** What a summarizer is given to read of a plan. */
export interface Reading {
  /** Identity of the request and of the summary that comes of it. */
  readonly id: string;
  readonly events: readonly SessionEvent[];
  /** The events as text, one block a message. */
  readonly blocks: readonly string[];
  readonly previous: readonly SessionSummary[];
  /** The raw events behind `previous`; null where the log or the caller does not give all of them. */
  readonly history: () => readonly SessionEvent[] | null;
}

/**
 * A plan's events, and the summaries before them, as they may be read: redacted, where that is asked for. `id` becomes the
 * summary's.
 */
export function readingOf(
  { sessionId, log }: CompactionTarget,
  options: ResolvedOptions,
  plan: Plan,
  id: string,
): Promise<Reading> {
  const { redact, transcript } = options;
  const redactAll = (events: readonly SessionEvent[]): readonly SessionEvent[] =>
    redact === undefined ? events : events.map((event) => redactEvent(event, redact));
  const known = log();
  return attempt(sessionId, "summarizer-failed", "The transcript's format or `redact` failed", () => {
    const events = redactAll(plan.events);
    return {
      id,
      events,
      blocks: redactBlocks(transcriptBlocks(events, transcript), redact),
      previous:
        redact === undefined ? [...plan.previous] : plan.previous.map((each) => redactSummary(each, redact)),
      history: () => {
        const history = historyOf(known, plan);
        return history === null ? null : redactAll(history);
      },
    };
  });
}

/** The raw events behind the summaries that a plan takes in, if the log has all of them. */
function historyOf(log: FoldedLog, plan: Plan): readonly SessionEvent[] | null {
  const events: SessionEvent[] = [];
  for (const { id } of plan.previous) {
    const covered = log.coveredEvents(id);
    if (covered.length < log.coveredIds(id).size) return null;
    // What was skipped since must not be read again, and what was pinned since stands in the window itself.
    events.push(...covered.filter((event) => !log.isSkipped(event) && !log.isPinned(event)));
  }
  return events.sort(inLogOrder);
}
