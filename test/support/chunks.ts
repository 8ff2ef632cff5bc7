import type { EventInput, SummarizerRequest } from "@sessionfold/core";
import { a } from "./events.ts";
import { oneTokenACharacter } from "./folds.ts";
import { type StubSummarizer, stubSummarizer } from "./stub-summarizer.ts";

/** Everything is folded, sizes are characters, and nothing of the answer is cut. */
export const CHARACTERS = {
  tokenCounter: oneTokenACharacter,
  keep: { turns: 0 },
  maxSummaryLength: null,
} as const;

const SPEAKER = "agent: ";

/** One event whose line in the transcript has so many characters. */
export function line(characters: number, letter = "x"): EventInput {
  return a(letter.repeat(characters - SPEAKER.length));
}

/** So many events with a marker each, every one a line of so many characters: "agent: <m0007> xxx". */
export function marked(count: number, characters: number): readonly EventInput[] {
  return Array.from({ length: count }, (_, at) =>
    a(`${marker(at)} `.padEnd(characters - SPEAKER.length, "x")),
  );
}

/** The marker of an event of `marked`. */
export function marker(at: number): string {
  return `<m${String(at).padStart(4, "0")}>`;
}

/** The markers in a text, in its order. */
export function markersIn(text: string): readonly string[] {
  return text.match(/<m\d{4}>/g) ?? [];
}

/** What kinds of calls were made, in order. */
export function purposes(stub: StubSummarizer): readonly string[] {
  return stub.requests.map(({ purpose }) => purpose);
}

/** Resolves after so many milliseconds, or rejects when the signal is aborted. */
export function wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** A stub that also tells how many calls ran at once. */
export function busyStub(
  answer: (request: SummarizerRequest, call: number) => string | Promise<string>,
): StubSummarizer & { readonly most: () => number } {
  let running = 0;
  let most = 0;
  let calls = 0;
  const stub = stubSummarizer(async (request) => {
    most = Math.max(most, ++running);
    try {
      return await answer(request, calls++);
    } finally {
      running--;
    }
  });
  return { ...stub, most: () => most };
}
