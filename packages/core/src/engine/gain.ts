import { inScope } from "../events/scope.ts";
import type { SessionEvent } from "../events/session-event.ts";
import type { Plan } from "../planning/plan.ts";
import type { FoldedLog } from "../summaries/fold.ts";
import type { CompactionTarget, SummaryDraft } from "./compaction-target.ts";
import type { ResolvedOptions } from "./options.ts";
import { windowSizes } from "./window-size.ts";

/**
 * Whether a fold is worth a call. A first one always is, if it has the events it needs; a further one rewrites what is
 * summarised already, so it waits until it takes a share of the window with it; for one agent, of that agent's part of it.
 * Otherwise a tail that is kept beyond the trigger would be folded turn by turn.
 */
export function isWorthFolding(
  { ledger, calibration, scope, log }: CompactionTarget,
  { minEvents, minGain }: ResolvedOptions,
  plan: Plan,
): boolean {
  const known = log();
  const fresh = freshIds(known, plan);
  if (fresh.size < minEvents) return false;
  if (minGain === 0 || !known.effective.some(({ summary }) => summary.scope === scope)) return true;
  const tokensOf = (event: SessionEvent): number =>
    isOfScope(event, scope, known) ? ledger.of(event) * calibration.factor : 0;
  const { before, remaining } = windowSizes(known, fresh, tokensOf);
  return before.tokens - remaining.tokens >= minGain * before.tokens;
}

/** Whether an event, or a summary, is of the scope. No scope is everything. */
function isOfScope(event: SessionEvent, scope: string | undefined, log: FoldedLog): boolean {
  if (scope === undefined) return true;
  const { summary } = event.actions;
  if (summary !== undefined) return (summary as { readonly scope?: unknown }).scope === scope;
  return inScope(event, scope, log.rounds);
}

/** Whether a summary is shorter than what leaves the window for it, without the words that wrap it for the model. */
export function savesTokens({ summary }: SummaryDraft): boolean {
  return summary.summaryTokens < summary.originalTokens;
}

/** Ids of the events that a plan takes out of the window; summaries are no news. */
function freshIds(log: FoldedLog, plan: Plan): ReadonlySet<string> {
  const visible = new Set(log.visible.filter((event) => !log.isPinned(event)).map(({ id }) => id));
  return new Set([...plan.covered, ...plan.omitted].map(({ id }) => id).filter((id) => visible.has(id)));
}
