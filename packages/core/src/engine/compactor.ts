import { transcriptBlocks } from "../events/transcript.ts";
import { type NoPlan, type Plan, planFold } from "../planning/plan.ts";
import { ConfigurationError, isSessionfoldError, SummarizeError } from "../shared/errors.ts";
import { randomId } from "../shared/ids.ts";
import { evaluateTrigger } from "../triggers/evaluate.ts";
import type { SessionStatistics } from "../triggers/session-statistics.ts";
import type { TriggerExplanation } from "../triggers/trigger.ts";
import { attempt } from "./attempt.ts";
import type { CompactionTarget } from "./compaction-target.ts";
import { CalledOff, withDeadline } from "./deadline.ts";
import type { ResolvedOptions } from "./options.ts";
import type { SummarizeOutcome } from "./outcome.ts";
import { draftSummary } from "./summary-draft.ts";
import { type Reading, writeSummary } from "./write-summary.ts";

/** How one attempt is made. */
export interface CompactionRun {
  /** Skips the trigger; never the keep policy, a pin or a pending round. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The figures that the trigger is asked about; default: those of now. */
  readonly statistics?: SessionStatistics | undefined;
}

/** Asks the trigger, plans, has the summary written, commits it. Until the commit the session is untouched. */
export async function compact(
  target: CompactionTarget,
  options: ResolvedOptions,
  run: CompactionRun,
): Promise<SummarizeOutcome> {
  if (run.signal?.aborted === true) return { kind: "skipped", reason: "aborted" };
  if (!options.enabled && run.force !== true) return { kind: "skipped", reason: "disabled" };
  const { sessionId } = target;
  try {
    const explanation = run.force === true ? undefined : await ask(target, options, run);
    const why = explanation && { explanation };
    if (explanation?.fired === false) return { kind: "skipped", reason: "not-triggered", ...why };
    const plan = makePlan(target, options);
    if (plan.kind === "nothing") return { kind: "skipped", reason: plan.reason, ...why };
    const blocks = await attempt(sessionId, "summarizer-failed", "The transcript's format failed", () =>
      transcriptBlocks(plan.events, options.transcript),
    );
    if (blocks.length === 0) return { kind: "skipped", reason: "nothing-to-summarise", ...why };
    return await fold(target, options, run, { id: randomId(), plan, blocks }, explanation);
  } catch (error) {
    if (error instanceof CalledOff) return { kind: "skipped", reason: "aborted" };
    if (isSessionfoldError(error)) return { kind: "failed", error };
    throw error;
  }
}

async function fold(
  target: CompactionTarget,
  options: ResolvedOptions,
  run: CompactionRun,
  reading: Reading,
  explanation: TriggerExplanation | undefined,
): Promise<SummarizeOutcome> {
  const why = explanation && { explanation };
  const written = await writeSummary(target, options, reading, run.signal);
  if (run.signal?.aborted === true) throw new CalledOff();
  const parts = { target, options, plan: reading.plan, written, explanation };
  const committed = await attempt(
    target.sessionId,
    "commit-failed",
    "The session service did not take the summary",
    () => target.commit((log) => draftSummary(log, parts)),
  );
  if (committed === undefined) return { kind: "skipped", reason: "nothing-new", ...why };
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
    { timeoutMs, signal: run.signal, sessionId },
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
