import {
  type EventInput,
  isSummaryEvent,
  type SessionEvent,
  SessionSummarizer,
  type SessionSummarizerOptions,
  type SkipReason,
  type Summarized,
  type SummarizeOutcome,
  type TriggerExplanation,
} from "@sessionfold/core";
import { expect } from "vitest";
import { a, numbered, u } from "./events.ts";
import { appendAll, decorated } from "./sessions.ts";
import { stubSummarizer } from "./stub-summarizer.ts";

/** When the first of `numbered` events happened, in milliseconds since the epoch. */
export const START = 1_700_000_000_000;

/** A minute after `START`: young enough that a voice agent's tool may still answer. */
export const NOW: number = START + 60_000;

/** One token a character, so that cases can name token figures. */
export function oneTokenACharacter(text: string): number {
  return text.length;
}

/** The outcome, which must be a committed summary. */
export function summarized(outcome: SummarizeOutcome): Summarized {
  if (outcome.kind === "summarized") return outcome;
  throw new Error(`Expected a summary, got ${JSON.stringify(outcome)}`);
}

/** What the trigger said; the outcome must carry it. */
export function explanationOf(outcome: SummarizeOutcome): TriggerExplanation {
  if (outcome.kind !== "failed" && outcome.explanation !== undefined) return outcome.explanation;
  throw new Error(`Expected what the trigger said, got ${JSON.stringify(outcome)}`);
}

/** The window's ids in order, "S" for a summary. */
export function shown(window: readonly SessionEvent[]): readonly string[] {
  return window.map((event) => (isSummaryEvent(event) ? "S" : event.id));
}

/** What a forced fold did. */
export interface Fold {
  /** Ids that the summarizer read; empty when it was not called. */
  readonly selected: readonly string[];
  /** Index of the last of them, -1 when the summarizer was not called. */
  readonly lastIndex: number;
  /** The window afterwards, "S" for the summary. */
  readonly window: readonly string[];
  /** Why there was nothing to do. */
  readonly reason: SkipReason | undefined;
}

/**
 * Folds events with force, on a plain list and in a decorated session, and tells what both did alike. What the
 * summarizer was shown and what the summary says it covers must be the same events.
 */
export async function fold(
  events: readonly EventInput[],
  options: SessionSummarizerOptions = {},
): Promise<Fold> {
  const given = numbered(events, START);
  const forList = stubSummarizer();
  const settings = { clock: () => NOW, ...options };
  const list = await new SessionSummarizer({ ...settings, summarizer: forList }).summarizeEvents(given, {
    force: true,
  });

  const forStore = stubSummarizer();
  const { sessions, session } = await decorated({ ...settings, mode: "manual", summarizer: forStore });
  await appendAll(sessions, session, given);
  const stored = await sessions.summarize(session, { force: true });
  const window = shown((await sessions.getSession(session))?.events ?? []);

  const onList = selectionOf(list, forList);
  expect(selectionOf(stored, forStore)).toEqual(onList);
  if (list.kind === "summarized") expect(shown(list.window)).toEqual(window);
  return { ...onList, window };
}

function selectionOf(
  outcome: SummarizeOutcome,
  stub: ReturnType<typeof stubSummarizer>,
): Omit<Fold, "window"> {
  if (outcome.kind === "failed") throw outcome.error;
  const read = stub.requests.flatMap((request) => request.events.map((event) => event.id));
  if (outcome.kind === "skipped") {
    expect(stub.requests).toHaveLength(0);
    return { selected: read, lastIndex: -1, reason: outcome.reason };
  }
  expect(stub.requests).toHaveLength(1);
  const { coverage } = outcome.summary;
  expect(coverage.direct).toEqual(read);
  expect(coverage.toSeq).toBe(stub.requests[0]?.events.at(-1)?.seq);
  return { selected: read, lastIndex: coverage.toSeq, reason: undefined };
}

/**
 * Asks a trigger about events without force, and checks that what it said is what happens: the summarizer is called
 * if and only if it fired. Nothing is kept, so the last event must be an agent's answer.
 */
export async function ask(
  events: readonly EventInput[],
  options: SessionSummarizerOptions,
): Promise<TriggerExplanation> {
  const summarizer = stubSummarizer();
  const settings = { clock: () => NOW, ...options, keep: { events: 0 }, summarizer };
  const outcome = await new SessionSummarizer(settings).summarizeEvents(numbered(events, START));
  const explanation = explanationOf(outcome);
  expect(outcome.kind).toBe(explanation.fired ? "summarized" : "skipped");
  expect(summarizer.requests).toHaveLength(explanation.fired ? 1 : 0);
  return explanation;
}

/** So many turns of a user's line and an answer. */
export function turns(count: number, from = 0): readonly EventInput[] {
  return Array.from({ length: count }, (_, at) => [
    u(`question ${from + at}`),
    a(`answer ${from + at}`),
  ]).flat();
}
