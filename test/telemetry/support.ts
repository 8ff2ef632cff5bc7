import {
  type RunEvent,
  SessionSummarizer,
  type SessionSummarizerOptions,
  type SummarizeOptions,
  type SummarizeOutcome,
} from "@sessionfold/core";
import { onTestFinished } from "vitest";
import { numbered } from "../support/events.ts";
import { NOW, START, turns } from "../support/folds.ts";
import { type ModelServer, type ScriptLike, startModelServer } from "../support/model-server.ts";

/** A server that is closed with the test. */
export async function serving(script: ScriptLike): Promise<ModelServer> {
  const server = await startModelServer(script);
  onTestFinished(() => server.close());
  return server;
}

/** A summarizer over a plain list of four turns, and what it tells. */
export interface Watched {
  readonly events: RunEvent[];
  readonly summarizer: SessionSummarizer;
  summarize(options?: SummarizeOptions): Promise<SummarizeOutcome>;
}

/** Keeps one turn, asks again at once, and writes down its events. */
export function watched(options: SessionSummarizerOptions): Watched {
  const events: RunEvent[] = [];
  const summarizer = new SessionSummarizer({
    retry: { delaysMs: [1, 2] },
    keep: { turns: 1 },
    clock: () => NOW,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const conversation = numbered(turns(4), START);
  return {
    events,
    summarizer,
    summarize: (given = { force: true }) =>
      summarizer.summarizeEvents(conversation, { ...given, sessionId: "session-1" } as SummarizeOptions),
  };
}

/** The kinds of events in order, as one line. */
export function kinds(events: readonly RunEvent[]): string {
  return events.map(({ kind }) => kind).join(" ");
}

/** The only event of a kind. */
export function only<K extends RunEvent["kind"]>(
  events: readonly RunEvent[],
  kind: K,
): Extract<RunEvent, { kind: K }> {
  const found = events.filter((event): event is Extract<RunEvent, { kind: K }> => event.kind === kind);
  const [event] = found;
  if (event === undefined || found.length > 1) throw new Error(`Expected one ${kind}, got ${kinds(events)}`);
  return event;
}
