import { type NoPlan, type Plan, planFold } from "../planning/plan.ts";
import { CalledOff, withDeadline } from "../shared/deadline.ts";
import { ConfigurationError, isSessionfoldError, SummarizeError } from "../shared/errors.ts";
import type { FoldedLog } from "../summaries/fold.ts";
import { BreakerOpen } from "../summarizers/resilience/breaker.ts";
import { evaluateTrigger } from "../triggers/evaluate.ts";
import type { TriggerExplanation } from "../triggers/trigger.ts";
import { attempt } from "./attempt.ts";
import { commitInTime } from "./commit-in-time.ts";
import type { CompactionRun } from "./compaction-run.ts";
import type { Claim, CompactionTarget, SummaryDraft } from "./compaction-target.ts";
import { isWorthFolding, savesTokens } from "./gain.ts";
import { Vetoed } from "./hooks.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Skipped, SkipReason, SummarizeOutcome } from "./outcome.ts";
import { type Reading, readingOf } from "./reading.ts";
import { draftSummary } from "./summary-draft.ts";
import { RunTelemetry } from "./telemetry/run-telemetry.ts";
import { timeoutError, writeSummary } from "./write-summary.ts";

/** Asks the trigger, plans, has the summary written, commits it. Until the commit the session is untouched. */
export async function compact(
  target: CompactionTarget,
  options: ResolvedOptions,
  run: CompactionRun,
): Promise<SummarizeOutcome> {
  const telemetry = new RunTelemetry(target, options, run.isDetached);
  try {
    const outcome = await foldIfDue(target, options, run, telemetry);
    telemetry.ended(outcome);
    return outcome;
  } catch (error) {
    telemetry.threw(error);
    throw error;
  }
}

async function foldIfDue(
  target: CompactionTarget,
  options: ResolvedOptions,
  run: CompactionRun,
  telemetry: RunTelemetry,
): Promise<SummarizeOutcome> {
  if (run.signal?.aborted === true) return { kind: "skipped", reason: "aborted" };
  if (!options.enabled && run.force !== true) return { kind: "skipped", reason: "disabled" };
  const startedAt = performance.now();
  let why: Why;
  const lookAgain = async (): Promise<Due | Skipped> => {
    const due = await lookAt(target, options, run);
    why = due.explanation && { explanation: due.explanation };
    return due;
  };
  try {
    let due = await lookAgain();
    if (due.kind === "skipped") return due;
    await prepared(target, options, { ...run, startedAt });
    const claim = await claimed(target, options, { ...run, startedAt });
    if (claim === null) return { kind: "skipped", reason: "busy", ...why };
    try {
      // Another may have folded meanwhile what was planned here.
      if ((claim ?? target.prepare) !== undefined && hasChanged(target, due)) due = await lookAgain();
      if (due.kind === "skipped") return due;
      const reading = await readingOf(target, options, due.plan, telemetry.id);
      if (reading.blocks.length === 0) return { kind: "skipped", reason: "nothing-to-summarise", ...why };
      telemetry.started({ ...due, reading });
      const lost = claim?.lease.signal;
      const read = { ...due, reading, startedAt, telemetry, lost };
      const outcome = await telemetry.within(() => fold(target, options, run, read));
      return outcome.kind === "skipped" && claim?.lease.isLost === true
        ? { kind: "skipped", reason: "busy", ...why }
        : outcome;
    } catch (error) {
      const { signal } = run;
      const isLost = claim?.lease.isLost === true && signal?.aborted !== true;
      if (error instanceof CalledOff && isLost) return { kind: "skipped", reason: "busy", ...why };
      throw error;
    } finally {
      await claim?.lease.release();
    }
  } catch (error) {
    if (error instanceof CalledOff) return { kind: "skipped", reason: "aborted", ...why };
    if (error instanceof BreakerOpen) return { kind: "skipped", reason: "breaker-open", ...why };
    if (error instanceof Vetoed) return { kind: "skipped", reason: "vetoed", ...why };
    if (error instanceof SummarizeError) return { kind: "failed", error };
    if (!isSessionfoldError(error)) throw error;
    // A token counter, say, that goes wrong between the steps.
    const failed = new SummarizeError("summarizer-failed", error.message, target.sessionId, { cause: error });
    return { kind: "failed", error: failed };
  }
}

type Why = { readonly explanation: TriggerExplanation } | undefined;

/** There is something to fold. */
interface Due {
  readonly kind: "due";
  readonly plan: Plan;
  readonly explanation: TriggerExplanation | undefined;
  /** The log that it was planned of, and how many entries of it were known then. */
  readonly log: FoldedLog;
  readonly entries: number;
}

/** Whether more is known of the session than when it was planned. */
function hasChanged(target: CompactionTarget, { log, entries }: Due): boolean {
  return target.log() !== log || log.events.length !== entries;
}

/** Asks the trigger, and plans. */
async function lookAt(
  target: CompactionTarget,
  options: ResolvedOptions,
  run: CompactionRun,
): Promise<Due | Skipped> {
  const explanation = run.force === true ? undefined : await ask(target, options, run);
  const why: Why = explanation && { explanation };
  if (explanation?.fired === false) return { kind: "skipped", reason: "not-triggered", ...why };
  const log = target.log();
  const entries = log.events.length;
  const plan = makePlan(target, options);
  if (plan.kind === "nothing") return { kind: "skipped", reason: plan.reason, ...why };
  if (run.force !== true && !isWorthFolding(target, options, plan))
    return { kind: "skipped", reason: "no-gain", ...why };
  return { kind: "due", plan, explanation, log, entries };
}

/** Brings in what else of the log a fold may read, within the limit of the run. */
async function prepared(
  target: CompactionTarget,
  { timeoutMs }: ResolvedOptions,
  { startedAt, signal, isDetached }: CompactionRun & { readonly startedAt: number },
): Promise<void> {
  if (target.prepare === undefined) return;
  const { sessionId } = target;
  const read = (): Promise<unknown> =>
    attempt(sessionId, "commit-failed", "The session service did not hand out the log", () =>
      target.prepare?.(),
    );
  await withDeadline(read, {
    timeoutMs: timeoutMs === null ? null : Math.max(timeoutMs - (performance.now() - startedAt), 1),
    signal,
    isDetached,
    timedOut: () => timeoutError(timeoutMs, sessionId),
  });
}

/** Claims the fold where that is needed, and waits within the limit of the run if somebody waits for it. */
async function claimed(
  target: CompactionTarget,
  { timeoutMs }: ResolvedOptions,
  { startedAt, signal, isDetached, waitsForOthers }: CompactionRun & { readonly startedAt: number },
): Promise<Claim | null | undefined> {
  if (target.claim === undefined) return undefined;
  const left = timeoutMs === null ? Number.POSITIVE_INFINITY : timeoutMs - (performance.now() - startedAt);
  const waitMs = waitsForOthers === true ? Math.max(left, 0) : 0;
  const { sessionId } = target;
  let taking: Promise<Claim | null> | undefined;
  const take = (at: AbortSignal): Promise<Claim | null> =>
    attempt(sessionId, "commit-failed", "The session service did not answer about its lease", () => {
      taking = target.claim?.({ waitMs, signal: at, isDetached });
      return taking ?? null;
    });
  try {
    return await withDeadline(take, {
      timeoutMs: timeoutMs === null ? null : Math.max(left, 1),
      signal,
      isDetached,
      timedOut: () => timeoutError(timeoutMs, sessionId),
    });
  } catch (error) {
    // Should it still be granted, nobody is there to use it. That it was not, is what the error says.
    taking?.then((claim) => claim?.lease.release()).catch(() => undefined);
    throw error;
  }
}

function eitherOf(first: AbortSignal | undefined, second: AbortSignal | undefined): AbortSignal | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return AbortSignal.any([first, second]);
}

async function fold(
  target: CompactionTarget,
  options: ResolvedOptions,
  run: CompactionRun,
  {
    plan,
    explanation,
    reading,
    startedAt,
    telemetry,
    lost,
  }: Due & {
    readonly reading: Reading;
    readonly startedAt: number;
    readonly telemetry: RunTelemetry;
    /** Aborts when the claim is found to be another's. */
    readonly lost: AbortSignal | undefined;
  },
): Promise<SummarizeOutcome> {
  const why = explanation && { explanation };
  const signal = eitherOf(run.signal, lost);
  const terms = { ...run, signal, startedAt, observer: telemetry };
  const written = await writeSummary(target, options, reading, terms);
  if (signal?.aborted === true) throw new CalledOff();
  if (written === undefined) return { kind: "skipped", reason: "nothing-to-summarise", ...why };
  const parts = { target, options, plan, written, explanation };
  let reason: SkipReason = "nothing-new";
  const drafted = (log: FoldedLog): SummaryDraft | undefined => {
    if (lost?.aborted === true) return undefined;
    const draft = draftSummary(log, parts);
    if (draft === undefined || run.force === true || savesTokens(draft)) return draft;
    reason = "no-gain";
    return undefined;
  };
  // The store says whether the claim still holds. What it was given is waited for, so that its answer is known.
  const committed = await commitInTime(target, drafted, { ...run, startedAt, timeoutMs: options.timeoutMs });
  if (committed === undefined) return { kind: "skipped", reason, ...why };
  const { draft, window } = committed;
  return {
    kind: "summarized",
    summary: draft.summary,
    ...why,
    before: draft.before,
    after: draft.after,
    window,
  };
}

async function ask(
  target: CompactionTarget,
  options: ResolvedOptions,
  run: CompactionRun,
): Promise<TriggerExplanation> {
  const { sessionId } = target;
  const { timeoutMs } = options;
  return withDeadline(
    () =>
      attempt(sessionId, "trigger-failed", "The trigger failed", () =>
        evaluateTrigger(options.trigger, run.statistics ?? target.statistics(), options.clock()),
      ),
    {
      timeoutMs,
      signal: run.signal,
      isDetached: run.isDetached,
      timedOut: () => timeoutError(timeoutMs, sessionId),
    },
  );
}

function makePlan(target: CompactionTarget, options: ResolvedOptions): Plan | NoPlan {
  const { ledger, scope } = target;
  const { keep, awaitResultsSeconds, strategy, blockLimit } = options;
  try {
    target.calibration.follow(target.log().visible, ledger);
    const { factor } = target.calibration;
    return planFold(target.log(), {
      keep,
      scope,
      tokensOf: (event) => ledger.of(event) * factor,
      now: options.clock(),
      awaitResultsSeconds,
      strategy,
      blockLimit,
    });
  } catch (cause) {
    const message =
      cause instanceof ConfigurationError ? cause.message : "The keep policy or the token counter failed";
    throw new SummarizeError("keep-failed", message, target.sessionId, { cause });
  }
}
