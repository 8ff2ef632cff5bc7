import {
  type EventJson,
  eventFromJson,
  eventToJson,
  type SessionKey,
  type SessionService,
  type SessionSummaryJson,
  type SummarizingSessionService,
  type SummaryStatus,
} from "@sessionfold/core";
import { ConformanceFailure } from "../conformance-failure.ts";
import { jsonOf } from "./replay-record.ts";

/** A summary as a back-end tells it. */
export interface SnapshotOfSummary {
  readonly summary: SessionSummaryJson;
  readonly status: SummaryStatus;
  /** Ids of the events that it stands for, in the order in which they are told. */
  readonly unfolded: readonly string[];
}

/** What a search told. */
export interface SnapshotOfSearch {
  readonly query: string;
  readonly found: readonly { readonly id: string; readonly summaryId?: string }[];
}

/** All that a back-end tells of a session, as plain JSON with ids and order as they are. */
export interface ReplaySnapshot {
  readonly key: SessionKey;
  readonly state: Readonly<Record<string, unknown>>;
  /** The log as the store itself tells it. */
  readonly stored: readonly EventJson[];
  /** The log as a folding service over the store tells it. */
  readonly log: readonly EventJson[];
  readonly window: readonly EventJson[];
  readonly summaries: readonly SnapshotOfSummary[];
  readonly searches: readonly SnapshotOfSearch[];
}

/**
 * Reads a session out of a store, and out of a folding service that was just opened over it.
 * @throws ConformanceFailure where it is not there
 */
export async function snapshotOf(
  store: SessionService,
  sessions: SummarizingSessionService,
  key: SessionKey,
  searches: readonly SnapshotOfSearch[],
): Promise<ReplaySnapshot> {
  // The window first: a service that has read the whole log has no need of what the store keeps for it.
  const window = await sessions.getSession(key);
  const full = await sessions.getSession({ ...key, view: "full" });
  const stored = await store.getSession({ ...key, view: "full" });
  if (window === null || full === null || stored === null)
    throw new ConformanceFailure("Expected the session of the trajectory to be found");
  const summaries: SnapshotOfSummary[] = [];
  for (const { summary, status } of await sessions.listSummaryStatus(key)) {
    const unfolded = (await sessions.unfold(key, summary.id)).map(({ id }) => id);
    summaries.push({ summary: summary.toJSON(), status, unfolded });
  }
  return jsonOf({
    key: { appName: stored.appName, userId: stored.userId, sessionId: stored.id },
    state: stored.state,
    // Some stores hand out what plain JSON has left of an event.
    stored: stored.events.map((event, at) => eventToJson(eventFromJson(event, at))),
    log: full.events.map(eventToJson),
    window: window.events.map(eventToJson),
    summaries,
    searches,
  });
}
