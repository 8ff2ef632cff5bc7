import { MARK_KINDS, type Mark, type MarkKind } from "../events/marks.ts";
import { isConversationEvent, isSummaryEvent } from "../events/session-event.ts";
import { ConfigurationError, EventsPrunedError } from "../shared/errors.ts";
import { randomId } from "../shared/ids.ts";
import { describe, requireObject } from "../shared/validate.ts";
import { FoldedLog } from "../summaries/fold.ts";

/** What to mark: ids of events to pin or skip, ids of summaries to hide (undo) or to pin. */
export type MarkRequest = { readonly [kind in MarkKind]?: string | readonly string[] | undefined };

/**
 * The marks that a request asks for.
 * @throws ConfigurationError for an unknown kind, an id that is not in the session, or one of the wrong sort;
 * EventsPrunedError when a summary would lose its effect whose events are gone.
 */
export function marksOf(request: MarkRequest, log: FoldedLog): readonly Mark[] {
  requireObject("request", request);
  const marks: Mark[] = [];
  for (const [name, value] of Object.entries(request)) {
    const kind = MARK_KINDS.find((known) => known === name);
    if (kind === undefined)
      throw new ConfigurationError(`Unknown mark \`${name}\`; known are ${MARK_KINDS.join(", ")}`);
    if (value === undefined) continue;
    const targets: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (targets.length > 0) marks.push({ kind, targets: targets.map((id) => checkTarget(kind, id, log)) });
  }
  if (marks.length === 0) throw new ConfigurationError(`Expected at least one of ${MARK_KINDS.join(", ")}`);
  refuseIfPruned(marks, log);
  return marks;
}

function checkTarget(kind: MarkKind, id: unknown, log: FoldedLog): string {
  const event = typeof id === "string" ? log.get(id) : undefined;
  if (event === undefined)
    throw new ConfigurationError(
      `Expected \`${kind}\` to name an entry of this session, got ${describe(id, true)}`,
    );
  const family = kind.replace(/^un/, "");
  if (family === "hide" && !isSummaryEvent(event))
    throw new ConfigurationError(`Expected \`${kind}\` to name a summary`);
  if (family === "skip" && !isConversationEvent(event))
    throw new ConfigurationError(`Expected \`${kind}\` to name an event`);
  if (family === "pin" && !isConversationEvent(event) && !isSummaryEvent(event)) {
    throw new ConfigurationError(`Expected \`${kind}\` to name an event or a summary`);
  }
  return event.id;
}

/**
 * A summary whose events were pruned is all that is left of them, so it must stay in effect. An older one that comes back
 * can take its place as well as hiding it would.
 * @throws EventsPrunedError
 */
export function refuseIfPruned(marks: readonly Mark[], log: FoldedLog): void {
  if (!marks.some(({ kind }) => kind === "hide" || kind === "unhide")) return;
  const seq = log.lastSeq + 1;
  const marked = { id: randomId(), seq, author: "system", timestamp: 0, actions: { marks } };
  const hypothetical = FoldedLog.of([...log.events, marked]);
  const lost = new Set<string>();
  for (const node of log.effective) {
    for (const id of log.coveredIds(node.summary.id)) {
      if (log.get(id) === undefined && hypothetical.coveringSummary(id) === undefined) lost.add(id);
    }
  }
  if (lost.size > 0) throw new EventsPrunedError("change which summaries are hidden", lost.size);
}
