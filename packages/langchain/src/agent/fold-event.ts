import type { SummarizeOutcome, WindowSize } from "@sessionfold/core";
import type { ModelRequest } from "langchain";
import type { FilterContext } from "./agent-options.ts";

/**
 * What a filter writes into a run's stream of `custom` events when it has folded or tried to. It carries no content. Of a
 * fold in the background the run is told that first uses it, and of one that failed there nobody is.
 */
export interface FoldEvent {
  readonly type: "sessionfold";
  readonly kind: "summarized" | "failed";
  /** Name of the filter. */
  readonly filter: string;
  /** Name of the running agent, where it is known. */
  readonly agent?: string;
  /** Id of the summary. */
  readonly summaryId?: string;
  /** What made it fold. */
  readonly trigger?: string;
  /** Size of the window before the fold and after it. */
  readonly before?: WindowSize;
  readonly after?: WindowSize;
  /** Milliseconds that writing the summary took. */
  readonly durationMs?: number;
  /** Code of the error, where it failed. */
  readonly code?: string;
}

/** Tells the run's stream of a fold. What was skipped is no news to a user. */
export function streamOutcome(
  outcome: SummarizeOutcome,
  { name, agent }: FilterContext,
  { runtime }: ModelRequest,
): void {
  if (outcome.kind === "skipped") return;
  const who = { type: "sessionfold", filter: name, ...(agent !== undefined && { agent }) } as const;
  runtime.writer?.(eventOf(outcome, who) satisfies FoldEvent);
}

function eventOf(
  outcome: Exclude<SummarizeOutcome, { kind: "skipped" }>,
  who: Pick<FoldEvent, "type" | "filter" | "agent">,
): FoldEvent {
  if (outcome.kind === "failed") return { ...who, kind: "failed", code: outcome.error.code };
  const { summary, before, after } = outcome;
  const { id: summaryId, trigger, durationMs } = summary;
  return { ...who, kind: "summarized", summaryId, trigger, before, after, durationMs };
}
