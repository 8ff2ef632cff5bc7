import type { CompletionRequest } from "../support/model-server.ts";

/** What a planted marker looks like. */
const MARKER = /\bMARK-[a-z0-9]+-\d+\b/g;

/** A word that only summaries have: it tells summary text apart in requests and streams. */
export const SUMMARY_WORD = "Précis";

/** A marker. */
export function marker(name: string, number: number): string {
  return `MARK-${name}-${number}`;
}

/** The markers of a text, each once. */
export function markersOf(text: string): readonly string[] {
  return [...new Set(text.match(MARKER) ?? [])];
}

/**
 * A summarizing model without a mind of its own: it repeats every planted marker that it was shown, up to so many.
 * So what is missing in its summary was missing in what it was shown.
 */
export function copyingSummarizer(most = 1000): (request: CompletionRequest, call: number) => string {
  return (request, call) => {
    const text = request.messages.map((message) => message.content).join("\n");
    return `${SUMMARY_WORD} ${call + 1}: ${markersOf(text).slice(-most).join(" ")}`;
  };
}
