import type { SessionEvent } from "../events/session-event.ts";
import { renderTranscript } from "../events/transcript.ts";
import { type Plan, planFold } from "../planning/plan.ts";
import { isSessionfoldError, SummarizeError, type SummarizeErrorCode } from "../shared/errors.ts";
import { randomId } from "../shared/ids.ts";
import { type FoldedLog, inLogOrder } from "../summaries/fold.ts";
import type { SummarizerResult } from "../summarizers/summarizer.ts";
import { truncateText } from "../summarizers/truncate.ts";
import { evaluateTrigger } from "../triggers/evaluate.ts";
import type { SessionStatistics } from "../triggers/session-statistics.ts";
import type { TriggerExplanation } from "../triggers/trigger.ts";
import type { CompactionTarget } from "./compaction-target.ts";
import { CalledOff, withDeadline } from "./deadline.ts";
import type { ResolvedOptions } from "./options.ts";
import type { SummarizeOutcome } from "./outcome.ts";
import { draftSummary } from "./summary-draft.ts";

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
  try {
    const explanation = run.force === true ? undefined : await ask(target, options, run);
    const why = explanation && { explanation };
    if (explanation?.fired === false) return { kind: "skipped", reason: "not-triggered", ...why };
    const plan = makePlan(target, options);
    if (plan.kind === "nothing") return { kind: "skipped", reason: plan.reason, ...why };
    const transcript = await attempt(
      target,
      "summarizer-failed",
      "The transcript's format failed",
      async () => renderTranscript(plan.events, options.transcript),
    );
    if (transcript.trim() === "") return { kind: "skipped", reason: "nothing-to-summarise", ...why };
    return await fold(target, options, run, plan, transcript, explanation);
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
  plan: Plan,
  transcript: string,
  explanation: TriggerExplanation | undefined,
): Promise<SummarizeOutcome> {
  const id = randomId();
  const startedAt = performance.now();
  const result = await withDeadline((signal) => write(target, options, plan, transcript, id, signal), {
    timeoutMs: options.timeoutMs,
    signal: run.signal,
    sessionId: target.sessionId,
  });
  const text = checkText(target, options, plan, transcript, (result as SummarizerResult | undefined)?.text);
  const written = { id, text, result, durationMs: Math.round(performance.now() - startedAt) };
  if (run.signal?.aborted === true) throw new CalledOff();
  const committed = await attempt(
    target,
    "commit-failed",
    "The session service did not take the summary",
    () => target.commit((log) => draftSummary(log, { target, options, plan, written, explanation })),
  );
  if (committed === undefined)
    return { kind: "skipped", reason: "nothing-new", ...(explanation && { explanation }) };
  const { draft, window } = committed;
  return {
    kind: "summarized",
    summary: draft.summary,
    ...(explanation && { explanation }),
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
  return attempt(target, "trigger-failed", "The trigger failed", () =>
    evaluateTrigger(options.trigger, run.statistics ?? target.statistics(), options.clock()),
  );
}

function makePlan(target: CompactionTarget, options: ResolvedOptions): ReturnType<typeof planFold> {
  const { ledger, scope } = target;
  const factor = target.calibration();
  try {
    return planFold(target.log(), {
      keep: options.keep,
      scope,
      tokensOf: (event) => ledger.of(event) * factor,
      now: options.clock(),
      awaitResultsSeconds: options.awaitResultsSeconds,
    });
  } catch (cause) {
    throw new SummarizeError("keep-failed", "The keep policy failed", target.sessionId, { cause });
  }
}

async function write(
  target: CompactionTarget,
  options: ResolvedOptions,
  plan: Plan,
  transcript: string,
  id: string,
  signal: AbortSignal,
): Promise<SummarizerResult> {
  const log = target.log();
  return attempt(target, "summarizer-failed", "The summarizer failed", () =>
    options.summarizer.summarize({
      id,
      events: plan.events,
      previous: plan.previous,
      history: () => historyOf(log, plan),
      transcript,
      targetTokens: options.targetTokens,
      maxLength: options.maxSummaryLength,
      counter: options.counter,
      signal,
    }),
  );
}

function checkText(
  target: CompactionTarget,
  options: ResolvedOptions,
  plan: Plan,
  transcript: string,
  text: unknown,
): string {
  const { sessionId } = target;
  if (typeof text !== "string" || text.trim() === "") {
    throw new SummarizeError("empty-summary", "The summarizer returned an empty summary", sessionId);
  }
  const trimmed = text.trim();
  const cut = options.maxSummaryLength === null ? trimmed : truncateText(trimmed, options.maxSummaryLength);
  const source = plan.previous.reduce(
    (length, summary) => length + summary.text.length + 1,
    transcript.length,
  );
  if (cut.length > source) {
    const figures = `${cut.length} characters for a source of ${source}`;
    throw new SummarizeError(
      "summary-too-long",
      `The summary is longer than what it summarises: ${figures}`,
      sessionId,
    );
  }
  return cut;
}

/** The raw events behind the summaries that a plan takes in, if the log has all of them. */
function historyOf(log: FoldedLog, plan: Plan): readonly SessionEvent[] | null {
  const events: SessionEvent[] = [];
  for (const { id } of plan.previous) {
    const covered = log.coveredEvents(id);
    if (covered.length < log.coveredIds(id).size) return null;
    events.push(...covered);
  }
  return events.sort(inLogOrder);
}

async function attempt<T>(
  target: CompactionTarget,
  code: SummarizeErrorCode,
  message: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof CalledOff || cause instanceof SummarizeError) throw cause;
    throw new SummarizeError(code, message, target.sessionId, { cause });
  }
}
