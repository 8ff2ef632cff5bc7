import {
  createEvent,
  type EventInput,
  type SessionEvent,
  type SessionfoldError,
  type SummarizeOutcome,
} from "@sessionfold/core";

/** Why it was skipped; throws for any other outcome. */
export function skippedBecause(outcome: SummarizeOutcome): string {
  if (outcome.kind === "skipped") return outcome.reason;
  throw new Error(`Expected it to be skipped, got ${describe(outcome)}`);
}

/** The error it failed with; throws for any other outcome. */
export function failure(outcome: SummarizeOutcome): SessionfoldError {
  if (outcome.kind === "failed") return outcome.error;
  throw new Error(`Expected it to fail, got ${describe(outcome)}`);
}

/** Events as a log holds them, with the ids and positions 0, 1, ... */
export function logged(events: readonly EventInput[]): readonly SessionEvent[] {
  return events.map((event, at) =>
    createEvent({ id: `e${at}`, timestamp: 1_700_000_000_000 + at * 1000, ...event }, at, () => 0),
  );
}

/** Text of an event's message; "" without one. */
export function textOf(event: SessionEvent | undefined): string {
  return event?.message?.text ?? "";
}

function describe(outcome: SummarizeOutcome): string {
  if (outcome.kind === "summarized") return "summarized";
  return outcome.kind === "skipped" ? `skipped, ${outcome.reason}` : `failed, ${outcome.error.code}`;
}
