import { HumanMessage } from "@langchain/core/messages";
import { createEvent } from "../events/create-event.ts";
import { transcriptBlocks } from "../events/transcript.ts";
import { withDeadline } from "../shared/deadline.ts";
import { SummarizeError } from "../shared/errors.ts";
import { redactFields } from "../summarizers/redact-data.ts";
import { type Redact, redactBlocks, redactEvent } from "../summarizers/redact-events.ts";
import { usableText } from "../summarizers/resilience/usable-answer.ts";
import type { SummarizerResult } from "../summarizers/summarizer.ts";
import type { SummarizerObserver } from "../summarizers/summarizer-observer.ts";
import { attempt } from "./attempt.ts";
import type { CompactionRun } from "./compaction-run.ts";
import type { CompactionTarget } from "./compaction-target.ts";
import { type AfterSummarizeEdit, type BeforeSummarize, callAfter, callBefore } from "./hooks.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Reading } from "./reading.ts";

/** A summary's text and how it came about. */
export interface WrittenSummary {
  readonly id: string;
  readonly text: string;
  readonly result: SummarizerResult;
  readonly durationMs: number;
}

/**
 * Has the summary written, hooks included, under the deadline and the caller's signal. Undefined when a hook left nothing
 * to read. The time limit counts from `startedAt`, a reading of `performance.now()`.
 * @throws CalledOff, BreakerOpen or Vetoed, which are no failures; SummarizeError for what is one.
 */
export async function writeSummary(
  target: CompactionTarget,
  options: ResolvedOptions,
  given: Reading,
  run: Pick<CompactionRun, "signal" | "isDetached"> & {
    readonly startedAt: number;
    readonly observer: SummarizerObserver;
  },
): Promise<WrittenSummary | undefined> {
  const { sessionId, scope } = target;
  const { timeoutMs, hooks, redact, telemetry } = options;
  const startedAt = performance.now();
  // What the trigger took is gone from the time of the whole.
  const left = timeoutMs === null ? null : Math.max(1, timeoutMs - (startedAt - run.startedAt));
  return withDeadline(
    async (signal, timeLeft) => {
      const around = { sessionId, scope, previous: given.previous, signal };
      const reading = await edited(options, given, around);
      // A hook or a summarizer that heeds no signal may come back after the end; then nobody else is called.
      signal.throwIfAborted();
      const transcript = reading.blocks.join("\n");
      if (transcript.trim() === "") return undefined;
      const request = {
        id: reading.id,
        events: reading.events,
        previous: reading.previous,
        history: reading.history,
        transcript,
        blocks: reading.blocks,
        purpose: "whole" as const,
        targetTokens: options.targetTokens,
        maxLength: options.maxSummaryLength,
        counter: options.counter,
        signal,
        timeLeft,
        isDetached: run.isDetached,
        observer: run.observer,
      };
      const answer = await attempt(sessionId, "summarizer-failed", "The summarizer failed", () =>
        options.summarizer.summarize(request),
      );
      signal.throwIfAborted();
      const { metadata } = await redactedEdit(sessionId, { metadata: answer.metadata }, redact);
      const written = { ...around, events: reading.events, text: answer.text };
      const edit = await callAfter(hooks, written, {
        redacted: (given) => redactedEdit(sessionId, given, redact),
        checked: (text) => usableText(text, request),
        warn: telemetry.warn,
      });
      return {
        id: reading.id,
        text: edit.text ?? answer.text,
        result: { ...answer, metadata: { ...metadata, ...edit.metadata } },
        durationMs: Math.round(performance.now() - startedAt),
      };
    },
    {
      timeoutMs: left,
      signal: run.signal,
      isDetached: run.isDetached,
      timedOut: () => timeoutError(timeoutMs, sessionId),
    },
  );
}

/** The error of a summarisation that took longer than it may. */
export function timeoutError(timeoutMs: number | null, sessionId: string): SummarizeError {
  const message = `Summarising timed out after ${timeoutMs} ms`;
  return new SummarizeError("timeout", message, sessionId, { transient: true });
}

/**
 * The reading as the hook before it leaves it. What a hook took out, now or in an earlier fold, must not come in again by
 * another way: the events behind the previous summaries are not shown to it, so nobody reads them.
 */
async function edited(
  { hooks, transcript, clock, redact, telemetry }: ResolvedOptions,
  given: Reading,
  around: Omit<BeforeSummarize, "events" | "text">,
): Promise<Reading> {
  if (hooks.before === undefined) return given;
  const reading = given.previous.length === 0 ? given : { ...given, history: () => null };
  const input = { ...around, events: reading.events, text: reading.blocks.join("\n") };
  const edit = await callBefore(hooks, input, { clock, warn: telemetry.warn });
  if (edit === undefined) return reading;
  const message = "The transcript's format or `redact` failed";
  return attempt(around.sessionId, "summarizer-failed", message, () => {
    if ("text" in edit) {
      const text = redact === undefined ? edit.text : redact(edit.text);
      const event = createEvent({ author: "conversation", message: new HumanMessage(text) }, 0, clock);
      return { ...reading, events: [event], blocks: [text] };
    }
    const events =
      redact === undefined ? edit.events : edit.events.map((event) => redactEvent(event, redact));
    return { ...reading, events, blocks: redactBlocks(transcriptBlocks(events, transcript), redact) };
  });
}

/** What was written, redacted: a model may say again what it should not have been told, and so may a hook. */
async function redactedEdit(
  sessionId: string,
  { text, metadata }: AfterSummarizeEdit,
  redact: Redact | undefined,
): Promise<AfterSummarizeEdit> {
  if (redact === undefined) return { text, metadata };
  return attempt(sessionId, "summarizer-failed", "`redact` failed", () => ({
    text: text === undefined ? undefined : redact(text),
    metadata: metadata === undefined ? undefined : redactFields(metadata, redact),
  }));
}
