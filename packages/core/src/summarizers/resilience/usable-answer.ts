import { wholeCharacters } from "../../shared/lines.ts";
import { around, type Summarizer, type SummarizerRequest, type SummarizerResult } from "../summarizer.ts";
import { truncateText } from "../truncate.ts";
import { type Asked, isEcho } from "./echo.ts";
import { isRefusal } from "./refusal-words.ts";

/** Why an answer cannot stand for the events. */
export type UnusableCode = "empty-summary" | "summary-too-long" | "summary-refused" | "summary-echoed";

const WHY: Readonly<Record<UnusableCode, string>> = {
  "empty-summary": "The summarizer returned an empty summary",
  "summary-too-long": "The summary is longer than what it summarises",
  "summary-refused": "The model refused to summarise",
  "summary-echoed": "The model repeated its input instead of summarising it",
};

/** The summarizer answered, with what cannot stand for the events. */
export class UnusableAnswer extends Error {
  readonly code: UnusableCode;
  constructor(code: UnusableCode, figures: string = "") {
    super(WHY[code] + figures);
    this.code = code;
  }
}

/** Lets a summarizer's answer pass only when it can stand for the events: text, cut to its limit, shorter than these. */
export function checkingAnswers(inner: Summarizer): Summarizer {
  return around(inner, async (request) => {
    const answer: SummarizerResult | undefined = await inner.summarize(request);
    return { ...answer, text: usableText(answer?.text, request) };
  });
}

const WORDS = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;

/** Whether a text says anything: marks alone, such as the "..." of what was cut, do not. */
export function hasWords(text: string): boolean {
  return WORDS.test(text);
}

/**
 * The text of a summary, trimmed and cut to its limit.
 * @throws UnusableAnswer when it has no words, or is, before the cut, longer than what it stands for.
 */
export function usableText(
  text: unknown,
  { maxLength, previous, transcript }: Pick<SummarizerRequest, "maxLength" | "previous" | "transcript">,
): string {
  if (typeof text !== "string" || !hasWords(text)) throw new UnusableAnswer("empty-summary");
  const whole = wholeCharacters(text.trim());
  const source = previous.reduce((length, summary) => length + summary.text.length + 1, transcript.length);
  if (whole.length > source)
    throw new UnusableAnswer("summary-too-long", `: ${whole.length} characters for a source of ${source}`);
  const cut = maxLength === null ? whole : truncateText(whole, maxLength);
  // A limit of a few characters may leave nothing but the mark.
  if (!hasWords(cut)) throw new UnusableAnswer("empty-summary");
  return cut;
}

/**
 * Refuses what a model answers instead of a summary: a refusal in words, the request itself, or the conversation said
 * over again.
 * @throws UnusableAnswer
 */
export function requireSummary(text: string, asked: Asked): void {
  if (isRefusal(text)) throw new UnusableAnswer("summary-refused");
  if (isEcho(text, asked)) throw new UnusableAnswer("summary-echoed");
}
