import type { SummarizerRequest } from "../summarizer.ts";

/** Below so many characters, a summary may well be a part of what it summarises. */
const SHORTEST_ECHO = 200;
/** Share of its words that an echo has, in runs, from what was said. */
const ECHOED_SHARE = 0.85;
/** Words, or in scripts without spaces characters, that make a run. */
const RUN_OF_WORDS = 5;
const RUN_OF_CHARACTERS = 10;
const NO_SPACES =
  "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}";
const WORD = new RegExp(`[${NO_SPACES}]|(?:(?![${NO_SPACES}])[\\p{L}\\p{M}\\p{N}])+`, "gu");
/** Who speaks, at the beginning of a line, in whatever dress. */
const LABEL = /^[^\p{L}\p{N}\n]*[\p{L}\p{N}][^:：\n]{0,40}[:：]\**/gmu;

/** What a model was asked, and how it ended. */
export interface Asked {
  readonly prompt: string;
  readonly transcript: string;
  readonly purpose: SummarizerRequest["purpose"];
  /** Whether the answer ended at its limit of tokens. */
  readonly isCutOff: boolean;
}

/**
 * Whether a text is what a model was given to summarise: the request, the conversation, or a good part of the
 * conversation word by word, other labels and an introduction apart. Of an answer that was cut off, any part will do: it
 * would have gone on like that. Summaries of parts may well stand in the merged one as they are.
 */
export function isEcho(text: string, { prompt, transcript, purpose, isCutOff }: Asked): boolean {
  if (text.length < SHORTEST_ECHO) return false;
  const said = squeezed(text);
  const source = squeezed(transcript);
  const isMuch = said.length * 2 >= source.length;
  if (isMuch && squeezed(prompt).includes(said)) return true;
  if (source !== "" && said.includes(source)) return true;
  return purpose !== "merge" && (isMuch || isCutOff) && sharedPart(text, transcript) >= ECHOED_SHARE;
}

/** Share of a text's words that stand in the source as well, in runs of several. */
function sharedPart(text: string, source: string): number {
  const words = wordsOf(text);
  const length = words.length * 2 > text.length ? RUN_OF_CHARACTERS : RUN_OF_WORDS;
  if (words.length < length) return 0;
  const known = new Set(runsOf(wordsOf(source), length));
  const runs = runsOf(words, length);
  let shared = 0;
  let counted = 0;
  for (const [at, run] of runs.entries()) {
    if (!known.has(run)) continue;
    shared += at + length - Math.max(at, counted);
    counted = at + length;
  }
  return shared / words.length;
}

function runsOf(words: readonly string[], length: number): readonly string[] {
  return words.slice(length - 1).map((_, at) => words.slice(at, at + length).join(" "));
}

function wordsOf(text: string): readonly string[] {
  return text.replace(LABEL, "").toLowerCase().match(WORD) ?? [];
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
