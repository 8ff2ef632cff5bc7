import { FUNCTION_WORDS, HESITATIONS, OPENERS } from "./lexicon.ts";

// Marks of a transcriber: one word in braces, such as {laugh}.
const TRANSCRIBER_MARK = /\{[a-z]{2,14}\}/g;
// Tags around what a program pasted into a message.
const TAG = /(?<=^|[\s>])<[a-z][\w-]{1,30}>|<\/[a-z][\w-]{1,30}>/g;
const SPACE_BEFORE_MARK = /\s+([,.;:!?])(?=\s|$)/g;
const SPLIT_CLITIC = /(\w) ('(?:s|m|d|re|ve|ll)|n't)\b/g;

/**
 * Removes what speech leaves in a transcript and no reader misses: transcriber's marks, hesitations, stammered beginnings,
 * repeated words, and the openers and forms of address that answer the turn before. `names` are those of the speakers, lower case.
 */
export function tidy(sentence: string, names: ReadonlySet<string>): string {
  let text = sentence;
  if (text.includes("<")) text = text.replace(TAG, " ");
  if (text.includes("{")) {
    // The first stays: it tells a sentence that was broken off, or laughed, from one that was said whole.
    let marks = 0;
    text = text.replace(TRANSCRIBER_MARK, (mark) => (++marks === 1 ? mark : " "));
  }
  if (text.includes(" '") || text.includes(" n't")) text = text.replace(SPLIT_CLITIC, "$1$2");
  text = dropDisfluencies(text);
  text = text.replace(SPACE_BEFORE_MARK, "$1");
  return openSentence(text, names);
}

function bare(word: string): string {
  return word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "").toLowerCase();
}

function dropDisfluencies(text: string): string {
  const words = text.split(/\s+/);
  const kept: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "") continue;
    const key = word.length < 40 ? bare(word) : word;
    if (HESITATIONS.has(key)) continue;
    if (key === "" && (word === "," || word === "-" || word === "--") && isMark(kept.at(-1))) continue;
    const next = nextWord(words, at + 1);
    // "the the", and "th this": a word begun twice. A mark between two equal words means them both ("no, no").
    if (key !== "" && key === word.toLowerCase() && next !== "" && /^[a-z']+$/.test(key)) {
      if (key === next) continue;
      if (key.length <= 3 && next.length > key.length && next.startsWith(key) && !FUNCTION_WORDS.has(key))
        continue;
    }
    kept.push(word);
  }
  while (kept.length > 0 && /^[,;.-]+$/.test(kept[0] ?? "")) kept.shift();
  return kept.join(" ");
}

function isMark(word: string | undefined): boolean {
  return word === undefined || /[,;.-]$/.test(word);
}

function nextWord(words: readonly string[], from: number): string {
  const word = words[from];
  return word === undefined || word.length > 40 ? "" : bare(word);
}

function openSentence(text: string, names: ReadonlySet<string>): string {
  let rest = text;
  for (let round = 0; round < 4; round += 1) {
    const match = /^([\p{L}'’]+)( ?[,!.]+| -| –)?\s+/u.exec(rest);
    if (match === null) break;
    const word = (match[1] ?? "").toLowerCase();
    const marked = match[2] !== undefined;
    const joined =
      word === "and" ||
      word === "but" ||
      word === "so" ||
      word === "well" ||
      word === "oh" ||
      word === "yeah";
    const addressed = names.has(word) && marked && round > 0;
    if (
      !(
        addressed ||
        (OPENERS.has(word) &&
          (marked || joined || (round === 0 && startsWithName(rest.slice(match[0].length), names))))
      )
    )
      break;
    rest = rest.slice(match[0].length);
  }
  if (rest.length < 8) return text;
  const first = rest.charAt(0);
  return rest === text || first < "a" || first > "z" ? rest : first.toUpperCase() + rest.slice(1);
}

function startsWithName(text: string, names: ReadonlySet<string>): boolean {
  const match = /^([\p{L}'’]+)[,!.]/u.exec(text);
  return match !== null && names.has((match[1] ?? "").toLowerCase());
}

/** The speakers' names in the forms that address them: each part of a display name, and beginnings of three letters or more. */
export function addressNames(authors: Iterable<string>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const author of authors) {
    for (const part of author.toLowerCase().split(/[^\p{L}]+/u)) {
      for (let length = 3; length <= part.length; length += 1) names.add(part.slice(0, length));
    }
  }
  return names;
}
