import { textOf } from "../events/message-content.ts";
import { isUserEvent, type SessionEvent } from "../events/session-event.ts";
import { renderEvent } from "../events/transcript.ts";
import type { Summarizer, SummarizerRequest } from "./summarizer.ts";
import { truncateText } from "./truncate.ts";

/** Part of the source that a summary takes up where no length is given. */
const DEFAULT_SHARE = 0.1;
const LONGEST_LINE = 240;
const CHARACTERS_PER_TOKEN = 4;

/**
 * Writes summaries without a model: deterministic, offline, no key. It reads the raw events again where the log still
 * has them, so folding time and again erodes nothing. Of each message it takes the first lines; users come first.
 */
export function extractive(): Summarizer {
  return {
    name: "extractive",
    model: null,
    summarize: async (request) => ({ text: extract(request), model: null }),
  };
}

function extract(request: SummarizerRequest): string {
  const events =
    request.history.length > 0 || request.previous.length === 0
      ? [...request.history, ...request.events]
      : request.events;
  const lines = events
    .map((event) => ({ text: line(event), weight: weight(event) }))
    .filter(({ text }) => text !== "");
  const kept = request.history.length > 0 ? [] : request.previous.map((summary) => summary.text);
  const budget = budgetOf(
    request,
    lines.reduce((sum, { text }) => sum + text.length + 1, 0) + kept.join("\n").length,
  );
  let left = budget - kept.join("\n").length;
  const chosen = new Set<number>();
  const order = lines
    .map((_, at) => at)
    .sort((a, b) => (lines[b]?.weight ?? 0) - (lines[a]?.weight ?? 0) || b - a);
  for (const at of order) {
    const length = (lines[at]?.text.length ?? 0) + 1;
    if (length > left && chosen.size > 0) continue;
    left -= length;
    chosen.add(at);
  }
  return [...kept, ...lines.filter((_, at) => chosen.has(at)).map(({ text }) => text)].join("\n");
}

function budgetOf({ targetTokens, maxLength }: SummarizerRequest, source: number): number {
  const target = targetTokens === undefined ? undefined : targetTokens * CHARACTERS_PER_TOKEN;
  const limits = [target, maxLength ?? undefined].filter((limit) => limit !== undefined);
  return Math.min(source, ...(limits.length > 0 ? limits : [Math.ceil(source * DEFAULT_SHARE)]));
}

function line(event: SessionEvent): string {
  const [first = ""] = renderEvent(event).split("\n");
  return truncateText(first, LONGEST_LINE);
}

function weight(event: SessionEvent): number {
  if (isUserEvent(event)) return 3;
  const text = event.message === undefined ? "" : textOf(event.message);
  return event.message?.type === "tool" ? 0 : text === "" ? 1 : 2;
}
