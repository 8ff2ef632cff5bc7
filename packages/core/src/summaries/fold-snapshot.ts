import { z } from "zod";
import {
  isConversationEvent,
  isSummaryEvent,
  isSystemEvent,
  isUserEvent,
  type SessionEvent,
} from "../events/session-event.ts";
import { isUnanswered, type ToolRound } from "../events/tool-rounds.ts";
import { closedEvents } from "./closed-entries.ts";
import type { FoldedLog } from "./fold.ts";
import type { SummaryStatus } from "./session-summary.ts";
import type { SummaryNode } from "./summary-node.ts";

/** A summary as a snapshot tells of it: what else would follow only from entries that are not read any more. */
export interface SnapshotSummary {
  readonly id: string;
  readonly status: SummaryStatus;
  /** Where it stands in a window. */
  readonly position: number;
  /** How many events it covers, itself and through what it absorbed. */
  readonly size: number;
  /** Ids of kept events that it covers. */
  readonly covered: readonly string[];
  /** Ids of kept events that it left out as skipped. */
  readonly omitted: readonly string[];
}

/**
 * What a log folds to up to a position: with the entries at `keep`, and those that came later, a fold goes on as if it had
 * read all. It is derived from the log and may be thrown away at any time.
 */
export interface FoldSnapshot {
  /** Version of this form. One of a version that is not known is not used. */
  readonly format: 1;
  /** Position of the last entry that it accounts for. */
  readonly seq: number;
  /** Positions, up to `seq`, of the entries that are still needed. */
  readonly keep: readonly number[];
  /** The summaries among these. */
  readonly summaries: readonly SnapshotSummary[];
  /** Ids of calls that are not needed any more and lack results: should one come, the whole log must say what it is. */
  readonly openCalls: readonly string[];
  /** The summary that covers every event which is not needed any more; null where there is no such one. */
  readonly closedBy: string | null;
}

const ids = z.array(z.string());

/** Reads a snapshot out of stored JSON. */
export const foldSnapshotSchema: z.ZodType<FoldSnapshot> = z.object({
  format: z.literal(1),
  seq: z.number().int(),
  keep: z.array(z.number()),
  summaries: z.array(
    z.object({
      id: z.string(),
      status: z.enum(["effective", "superseded", "inert", "hidden", "void"]),
      position: z.number(),
      size: z.number(),
      covered: ids,
      omitted: ids,
    }),
  ),
  openCalls: ids,
  closedBy: z.string().nullable(),
});

/**
 * What a whole log folds to. Kept are: what is visible, what that depends on, the first and the last event of the conversation,
 * effective summaries and the latest of each scope, and marks on any of these.
 */
export function snapshotOf(log: FoldedLog): FoldSnapshot {
  const isConversation = (event: SessionEvent): boolean =>
    isConversationEvent(event) && !log.isSkipped(event);
  // Where the system events that lead the log end, and how long nobody has spoken.
  const first = log.events.find((event) => isConversationEvent(event) && !isSystemEvent(event));
  const last = log.events.findLast(isConversation);
  // Turns are counted from the plan of the latest summary of the session on, folded by an agent's own or not.
  const session = log.effective.filter(({ summary }) => summary.scope === undefined);
  const latest = session.reduce<SummaryNode | undefined>(
    (last, node) => (last !== undefined && last.seq > node.seq ? last : node),
    undefined,
  );
  const countedFrom = Math.min(latest?.summary.coverage.planSeq ?? -1, latest?.seq ?? -1);
  const isCounted = (event: SessionEvent): boolean => isUserEvent(event) && event.seq > countedFrom;
  const closed = new Set(
    closedEvents(
      log,
      (event) => event !== first && event !== last && log.isHidden(event) && !isCounted(event),
    ),
  );
  const nodes = keptSummaries(log.summaries);
  const kept = new Set(nodes.map(({ summary }) => summary.id));
  for (const event of log.events) if (isConversationEvent(event) && !closed.has(event)) kept.add(event.id);
  const isKept = (event: SessionEvent): boolean =>
    kept.has(event.id) ||
    (event.actions.marks ?? []).some(({ targets }) => targets.some((target) => kept.has(target)));
  const entries = log.events.filter(isKept);
  const events = entries.filter((event) => !isSummaryEvent(event) && isConversationEvent(event));
  const idsWhere = (holds: (id: string) => boolean): readonly string[] =>
    events.filter(({ id }) => holds(id)).map(({ id }) => id);
  return {
    format: 1,
    seq: log.lastSeq,
    keep: entries.map((event) => event.seq),
    summaries: nodes.map(({ summary: { id }, status, position, size }) => ({
      id,
      status,
      position,
      size,
      covered: idsWhere((eventId) => log.coveringSummary(eventId)?.id === id),
      omitted: idsWhere((eventId) => log.omittingSummary(eventId)?.id === id),
    })),
    closedBy: coverOf(log, closed),
    openCalls: [
      ...new Set([
        ...log.closedCalls,
        ...[...closed].flatMap((event) => openCallsOf(log.rounds.roundOf(event), event)),
      ]),
    ],
  };
}

/** The one summary that covers all of these, and all that is missing in the log already. */
function coverOf(log: FoldedLog, closed: ReadonlySet<SessionEvent>): string | null {
  const covers = new Set([...closed].map(({ id }) => log.coveringSummary(id)?.id));
  if (log.resumedAt !== undefined) covers.add(log.missingCover?.id);
  const [only] = covers;
  return covers.size === 1 ? (only ?? null) : null;
}

function openCallsOf(round: ToolRound | undefined, event: SessionEvent): readonly string[] {
  if (round === undefined || round.call !== event || !isUnanswered(round)) return [];
  return round.calls.map(({ id }) => id);
}

function keptSummaries(nodes: readonly SummaryNode[]): readonly SummaryNode[] {
  const latest = new Map<string | undefined, SummaryNode>();
  for (const node of nodes) {
    const { scope, version } = node.summary;
    if (version >= (latest.get(scope)?.summary.version ?? 0)) latest.set(scope, node);
  }
  const kept = new Set(latest.values());
  return nodes.filter((node) => node.status === "effective" || kept.has(node));
}
