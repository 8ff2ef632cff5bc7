import { wholeCharacters } from "../../shared/lines.ts";
import { around, type Summarizer, type SummarizerRequest, type SummarizerResult } from "../summarizer.ts";
import { truncateText } from "../truncate.ts";

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

/**
 * The text of a summary, trimmed and cut to its limit.
 * @throws UnusableAnswer when it is empty, blank, or longer than what it stands for.
 */
export function usableText(
  text: unknown,
  { maxLength, previous, transcript }: Pick<SummarizerRequest, "maxLength" | "previous" | "transcript">,
): string {
  if (typeof text !== "string" || text.trim() === "") throw new UnusableAnswer("empty-summary");
  const whole = wholeCharacters(text.trim());
  const cut = maxLength === null ? whole : truncateText(whole, maxLength);
  const source = previous.reduce((length, summary) => length + summary.text.length + 1, transcript.length);
  if (cut.length > source)
    throw new UnusableAnswer("summary-too-long", `: ${cut.length} characters for a source of ${source}`);
  return cut;
}

/** How a model says no, where it says so in words: in the first person, at the beginning, and in a few of them. */
const REFUSAL =
  /^["'“]?(?:I['’]?m (?:very |so |really )?sorry|I (?:do )?apologi[sz]e|Sorry|Unfortunately|As an AI(?: language model)?)?[,.;:]?\s*(?:but )?I(?: can(?:['’]t|not| not)|['’]m (?:not able|unable)| am (?:not able|unable)| won['’]t| will not)(?: be able)?(?: to)? (?:help|assist|comply|summari[sz]e|do that|do this|fulfil|process|provide|continue|create|generate)\b/i;
const LONGEST_REFUSAL = 300;
/** Below that, a summary may well be a part of what it summarises. */
const SHORTEST_ECHO = 200;

/**
 * Refuses what a model answers instead of a summary: a refusal in words, the request itself, or the conversation said
 * over again.
 * @throws UnusableAnswer
 */
export function requireSummary(text: string, prompt: string, transcript: string): void {
  if (text.length <= LONGEST_REFUSAL && REFUSAL.test(text)) throw new UnusableAnswer("summary-refused");
  if (text.length < SHORTEST_ECHO) return;
  const said = squeezed(text);
  if (squeezed(prompt).includes(said) && said.length * 2 >= squeezed(transcript).length)
    throw new UnusableAnswer("summary-echoed");
  if (squeezed(transcript).length > 0 && said.includes(squeezed(transcript)))
    throw new UnusableAnswer("summary-echoed");
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
