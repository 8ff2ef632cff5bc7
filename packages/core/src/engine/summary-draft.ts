import type { Plan } from "../planning/plan.ts";
import { ConfigurationError, SummarizeError } from "../shared/errors.ts";
import type { Coverage } from "../summaries/coverage.ts";
import type { FoldedLog } from "../summaries/fold.ts";
import { SessionSummary, type SessionSummaryFields } from "../summaries/session-summary.ts";
import { countMessageTokens } from "../tokens/token-counter.ts";
import type { TriggerExplanation } from "../triggers/trigger.ts";
import type { CompactionTarget, SummaryDraft } from "./compaction-target.ts";
import type { ResolvedOptions } from "./options.ts";
import type { WindowSize } from "./outcome.ts";
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
 * Makes the summary for the log as it stands at the commit, which may have grown since the plan. Undefined when it would
 * take no effect there, because another fold came first or because what it read is no longer there.
 * @throws SummarizeError when a figure or the summary's message is not what it must be.
 */
export function draftSummary(log: FoldedLog, parts: DraftParts): SummaryDraft | undefined {
  const { target, options, plan, written } = parts;
  if (plan.covered.some((event) => log.get(event.id) === undefined)) return undefined;
  const factor = target.calibration.factor;
  const gone = leavingWindow(log, plan);
  const { before, remaining } = windowSizes(log, gone, (event) => target.ledger.of(event) * factor);
  const counted = (text: string): number => Math.round(options.counter.count(text) * factor);
  try {
    const summary = summaryOf(log, parts, { before, remaining, summaryTokens: counted(written.text) });
    if (!log.wouldTakeEffect(summary)) return undefined;
    const message = options.summaryWriter(summary);
    const tokens = remaining.tokens + Math.round(countMessageTokens(message, options.counter) * factor);
    return {
      summary,
      event: {
        id: summary.id,
        author: "system",
        invocationId: "summary",
        message,
        timestamp: summary.createdAt,
        actions: { summary: summary.toJSON() },
      },
      before,
      after: { events: remaining.events + 1, tokens },
    };
  } catch (cause) {
    const message =
      cause instanceof ConfigurationError ? cause.message : "The summary cannot be written as a message";
    throw new SummarizeError("summarizer-failed", message, target.sessionId, { cause });
  }
}

interface Sizes {
  readonly before: WindowSize;
  readonly remaining: WindowSize;
  readonly summaryTokens: number;
}

/** The record, checked as a reader would check it: one that cannot be read would hide nothing. */
function summaryOf(
  log: FoldedLog,
  { target, options, plan, written, explanation }: DraftParts,
  sizes: Sizes,
): SessionSummary {
  const { before, remaining, summaryTokens } = sizes;
  const { result } = written;
  const fields: SessionSummaryFields = {
    id: written.id,
    sessionId: target.sessionId,
    ...(target.scope !== undefined && { scope: target.scope }),
    text: written.text,
    coverage: coverageOf(plan),
    originalEventCount: before.events,
    compressedEventCount: remaining.events + 1,
    originalTokens: before.tokens - remaining.tokens,
    summaryTokens,
    createdAt: options.clock(),
    model: result.model === undefined ? options.summarizer.model : result.model,
    trigger: explanation?.name ?? "force",
    usage: result.usage ?? null,
    durationMs: written.durationMs,
    level: plan.level,
    version: nextVersion(log, target.scope),
    metadata: { ...options.metadata, ...result.metadata },
  };
  return SessionSummary.fromJSON(fields);
}

/** Ids of what leaves the window: what is covered and not pinned, what is omitted, and summaries that are superseded. */
function leavingWindow(log: FoldedLog, plan: Plan): ReadonlySet<string> {
  const gone = new Set(plan.previous.map((summary) => summary.id));
  for (const event of plan.covered) {
    if (!log.isPinned(event)) gone.add(event.id);
    const superseded = log.coveringSummary(event.id);
    if (superseded !== undefined) gone.add(superseded.id);
  }
  for (const event of plan.omitted) if (log.isSkipped(event)) gone.add(event.id);
  return gone;
}

function coverageOf(plan: Plan): Coverage {
  const from = [
    ...plan.covered.map((event) => event.seq),
    ...plan.previous.map((summary) => summary.coverage.fromSeq),
  ];
  const to = [
    ...plan.covered.map((event) => event.seq),
    ...plan.previous.map((summary) => summary.coverage.toSeq),
  ];
  return {
    direct: plan.covered.map((event) => event.id),
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
