import type { Plan } from "../planning/plan.ts";
import type { Coverage } from "../summaries/coverage.ts";
import type { FoldedLog } from "../summaries/fold.ts";
import { SessionSummary } from "../summaries/session-summary.ts";
import { countMessageTokens } from "../tokens/token-counter.ts";
import type { TriggerExplanation } from "../triggers/trigger.ts";
import type { CompactionTarget, SummaryDraft } from "./compaction-target.ts";
import type { ResolvedOptions } from "./options.ts";
import { windowSizes } from "./window-size.ts";
import type { WrittenSummary } from "./write-summary.ts";

/** What a draft is made of. */
export interface DraftParts {
  readonly target: CompactionTarget;
  readonly options: ResolvedOptions;
  readonly plan: Plan;
  readonly written: WrittenSummary;
  readonly explanation: TriggerExplanation | undefined;
}

/**
 * Makes the summary for the log as it stands at the commit, which may have grown since the plan. Undefined when it
 * would take no effect there, because another fold came first.
 */
export function draftSummary(log: FoldedLog, parts: DraftParts): SummaryDraft | undefined {
  const { target, options, plan, written } = parts;
  const { id, text, result } = written;
  const factor = target.calibration();
  const coverage = coverageOf(plan);
  const gone = new Set([...coverage.direct, ...coverage.omitted, ...coverage.replaces]);
  const { before, remaining } = windowSizes(log, gone, (event) => target.ledger.of(event) * factor);
  const replaced = [...plan.events, ...plan.previous.map((summary) => log.get(summary.id))];
  const createdAt = options.clock();
  const summary = new SessionSummary({
    id,
    sessionId: target.sessionId,
    ...(target.scope !== undefined && { scope: target.scope }),
    text,
    coverage,
    originalEventCount: before.events,
    compressedEventCount: remaining.events + 1,
    originalTokens: Math.round(
      replaced.reduce((sum, event) => sum + (event === undefined ? 0 : target.ledger.of(event)), 0) * factor,
    ),
    summaryTokens: Math.round(options.counter.count(text) * factor),
    createdAt,
    model: result.model === undefined ? options.summarizer.model : result.model,
    trigger: parts.explanation?.name ?? "force",
    usage: result.usage ?? null,
    durationMs: written.durationMs,
    level: plan.level,
    version: nextVersion(log, target.scope),
    metadata: { ...options.metadata, ...result.metadata },
  });
  if (!log.wouldTakeEffect(summary)) return undefined;
  const message = options.summaryWriter(summary);
  const tokens = remaining.tokens + Math.round(countMessageTokens(message, options.counter) * factor);
  return {
    summary,
    event: {
      id,
      author: "system",
      invocationId: "summary",
      message,
      timestamp: createdAt,
      actions: { summary: summary.toJSON() },
    },
    before,
    after: { events: remaining.events + 1, tokens },
  };
}

function coverageOf(plan: Plan): Coverage {
  const from = [
    ...plan.events.map((event) => event.seq),
    ...plan.previous.map((summary) => summary.coverage.fromSeq),
  ];
  const to = [
    ...plan.events.map((event) => event.seq),
    ...plan.previous.map((summary) => summary.coverage.toSeq),
  ];
  return {
    direct: plan.events.map((event) => event.id),
    replaces: plan.previous.map((summary) => summary.id),
    omitted: plan.omitted.map((event) => event.id),
    fromSeq: from.reduce((least, seq) => Math.min(least, seq), Number.MAX_SAFE_INTEGER),
    toSeq: to.reduce((most, seq) => Math.max(most, seq), 0),
    planSeq: plan.planSeq,
  };
}

function nextVersion(log: FoldedLog, scope: string | undefined): number {
  let version = 0;
  for (const { summary } of log.summaries)
    if (summary.scope === scope) version = Math.max(version, summary.version);
  return version + 1;
}
