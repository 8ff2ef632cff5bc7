import type { Plan } from "../../planning/plan.ts";
import { SummarizeError } from "../../shared/errors.ts";
import { BreakerOpen } from "../../summarizers/resilience/breaker.ts";
import { classifyFailure, type ModelFailure } from "../../summarizers/resilience/classify-failure.ts";
import { UnusableAnswer } from "../../summarizers/resilience/usable-answer.ts";
import type { TriggerExplanation } from "../../triggers/trigger.ts";
import type { CompactionTarget } from "../compaction-target.ts";
import type { Skipped, Summarized } from "../outcome.ts";
import type { Reading } from "../reading.ts";
import type {
  RunBreaker,
  RunCommitted,
  RunEventBase,
  RunFailed,
  RunFellBack,
  RunRetried,
  RunSkipped,
  RunStarted,
} from "./run-event.ts";

/** What is about to be summarised, and why; no explanation for a forced run. */
export interface StartedFold {
  readonly plan: Plan;
  readonly reading: Reading;
  readonly explanation: TriggerExplanation | undefined;
}

/** What is counted on the way. */
export interface Counts {
  calls: number;
  parts: number;
  retries: number;
}

/** Makes `started`. */
export function startedEvent(
  base: RunEventBase,
  { ledger, calibration }: CompactionTarget,
  { plan, reading, explanation }: StartedFold,
): RunStarted {
  const ofEvents = ledger.ofAll(plan.events) * calibration.factor;
  const ofSummaries = plan.previous.reduce((sum, summary) => sum + summary.summaryTokens, 0);
  return {
    kind: "started",
    ...base,
    trigger: explanation?.name ?? "force",
    ...(explanation && { explanation: figuresOf(explanation) }),
    events: reading.events.length,
    summaries: reading.previous.length,
    tokens: Math.round(ofEvents + ofSummaries),
  };
}

/** Makes `committed`. */
export function committedEvent(
  base: RunEventBase,
  { summary, before, after }: Summarized,
  run: Counts & { readonly elapsedMs: number; readonly strategy: string },
): RunCommitted {
  // The window holds what stayed and the new summary.
  const keptEvents = after.events - 1;
  return {
    kind: "committed",
    ...base,
    summaryId: summary.id,
    version: summary.version,
    trigger: summary.trigger,
    strategy: run.strategy,
    before: { ...before },
    after: { ...after },
    foldedEvents: before.events - keptEvents,
    keptEvents,
    foldedTokens: summary.originalTokens,
    summaryTokens: summary.summaryTokens,
    compressionRatio: summary.compressionRatio,
    model: summary.model,
    usage: summary.usage && { ...summary.usage },
    calls: run.calls,
    parts: run.parts,
    retries: run.retries,
    durationMs: summary.durationMs,
    elapsedMs: run.elapsedMs,
  };
}

/** Makes `skipped`. */
export function skippedEvent(
  base: RunEventBase,
  { reason, explanation }: Skipped,
  elapsedMs: number,
): RunSkipped {
  return {
    kind: "skipped",
    ...base,
    reason,
    ...(explanation && { explanation: figuresOf(explanation) }),
    elapsedMs,
  };
}

/** Makes `failed`. */
export function failedEvent(
  base: RunEventBase,
  error: unknown,
  run: Pick<RunFailed, "code" | "calls" | "retries" | "elapsedMs">,
): RunFailed {
  const { code, calls, retries, elapsedMs } = run;
  const transient = error instanceof SummarizeError && error.transient;
  const { status } = classifyFailure(error);
  return { kind: "failed", ...base, code, transient, status, calls, retries, elapsedMs };
}

/** Makes `retried`. */
export function retriedEvent(
  base: RunEventBase,
  { attempt, waitMs, kind, status }: Pick<RunRetried, "attempt" | "waitMs"> & ModelFailure,
): RunRetried {
  return { kind: "retried", ...base, attempt, waitMs: Math.round(waitMs), failure: kind, status };
}

/** Makes `fell-back`. */
export function fellBackEvent(
  base: RunEventBase,
  { from, to }: Pick<RunFellBack, "from" | "to">,
  error: unknown,
): RunFellBack {
  const { kind, status } = classifyFailure(error);
  const failure =
    error instanceof BreakerOpen ? "breaker-open" : error instanceof UnusableAnswer ? error.code : kind;
  return { kind: "fell-back", ...base, from, to, failure, status };
}

/** Makes `breaker`. */
export function breakerEvent(
  base: RunEventBase,
  { state, summarizer, model }: Pick<RunBreaker, "state" | "summarizer" | "model">,
): RunBreaker {
  return { kind: "breaker", ...base, state, summarizer, model };
}

/** An explanation without what a trigger of somebody else may have put into it besides. */
function figuresOf(explanation: TriggerExplanation): TriggerExplanation {
  const { name, fired, observed, threshold, strict, evaluated, children } = explanation;
  return {
    name,
    fired,
    ...(typeof observed === "number" && { observed }),
    ...(typeof threshold === "number" && { threshold }),
    ...(strict === true && { strict }),
    ...(evaluated === false && { evaluated }),
    ...(Array.isArray(children) && { children: children.map(figuresOf) }),
  };
}
