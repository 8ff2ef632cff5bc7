import type { SessionEvent } from "../events/session-event.ts";
import type { Plan } from "../planning/plan.ts";
import { SummarizeError } from "../shared/errors.ts";
import { type FoldedLog, inLogOrder } from "../summaries/fold.ts";
import type { SummarizerResult } from "../summarizers/summarizer.ts";
import { truncateText } from "../summarizers/truncate.ts";
import { attempt } from "./attempt.ts";
import type { CompactionTarget } from "./compaction-target.ts";
import { withDeadline } from "./deadline.ts";
import type { ResolvedOptions } from "./options.ts";

/** A summary's text and how it came about. */
export interface WrittenSummary {
  readonly id: string;
  readonly text: string;
  readonly result: SummarizerResult;
  readonly durationMs: number;
}

/** What is to be read: a plan and its events as text, one block a message. */
export interface Reading {
  readonly id: string;
  readonly plan: Plan;
  readonly blocks: readonly string[];
}

/**
 * Has the summary written, under the deadline and the caller's signal, and checks the text: empty, blank or longer than
 * what it stands for is a failure.
 */
export async function writeSummary(
  target: CompactionTarget,
  options: ResolvedOptions,
  reading: Reading,
  signal: AbortSignal | undefined,
): Promise<WrittenSummary> {
  const { sessionId } = target;
  const transcript = reading.blocks.join("\n");
  const startedAt = performance.now();
  const log = target.log();
  const result = await withDeadline(
    (deadline) =>
      attempt(sessionId, "summarizer-failed", "The summarizer failed", () =>
        options.summarizer.summarize({
          id: reading.id,
          events: reading.plan.events,
          previous: reading.plan.previous,
          history: () => historyOf(log, reading.plan),
          transcript,
          blocks: reading.blocks,
          purpose: "whole",
          targetTokens: options.targetTokens,
          maxLength: options.maxSummaryLength,
          counter: options.counter,
          signal: deadline,
        }),
      ),
    { timeoutMs: options.timeoutMs, signal, sessionId },
  );
  const text = checkText(
    sessionId,
    options,
    reading.plan,
    transcript,
    (result as SummarizerResult | undefined)?.text,
  );
  return { id: reading.id, text, result, durationMs: Math.round(performance.now() - startedAt) };
}

function checkText(
  sessionId: string,
  options: ResolvedOptions,
  plan: Plan,
  transcript: string,
  text: unknown,
): string {
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
    // What was skipped since must not be read again, and what was pinned since stands in the window itself.
    events.push(...covered.filter((event) => !log.isSkipped(event) && !log.isPinned(event)));
  }
  return events.sort(inLogOrder);
}
