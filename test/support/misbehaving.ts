import {
  type EventInput,
  SessionSummarizer,
  type SessionSummarizerOptions,
  type SummarizeOutcome,
} from "@sessionfold/core";
import type { ScriptLike } from "./model-server.ts";
import { playing } from "./model-session.ts";
import { failure } from "./outcomes.ts";

/** A talk of so many turns about a ferry; what each message says is its own. */
export function ferryTalk(turns: number = 8): readonly EventInput[] {
  return Array.from({ length: turns }, (_, at) => [
    { author: "user", message: `Question ${at} about the ferry ${filler("word", at, 24)} end ${at}.` },
    { author: "agent", message: `Answer ${at}: ${filler("reply", at, 20)} done ${at}.` },
  ]).flat();
}

/** Folds a talk, once, with a model that plays the script. All turns but the last are folded. */
export async function foldWith(
  script: ScriptLike,
  options: SessionSummarizerOptions = {},
  events: readonly EventInput[] = ferryTalk(),
): Promise<SummarizeOutcome> {
  const server = await playing(script);
  const given = { model: server.chat(), keep: { turns: 1 }, retry: false as const, ...options };
  return new SessionSummarizer(given).summarizeEvents(events, { force: true });
}

/** Code of the failure; "summarized", or why it was skipped, where it did not fail. */
export function failureCode(outcome: SummarizeOutcome): string {
  if (outcome.kind === "failed") return failure(outcome).code;
  return outcome.kind === "skipped" ? outcome.reason : outcome.kind;
}

/** Text of the summary; the failure's code where there is none. */
export function said(outcome: SummarizeOutcome): string {
  return outcome.kind === "summarized" ? outcome.summary.text : failureCode(outcome);
}

function filler(word: string, at: number, count: number): string {
  return Array.from({ length: count }, (_, place) => `${word}${at * count + place}`).join(" ");
}
