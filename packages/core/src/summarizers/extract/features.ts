import {
  CALENDAR_WORDS,
  EVALUATIVE_WORDS,
  FIRST_PERSON,
  INTENT_WORDS,
  NUMBER_WORDS,
  OPENERS,
  PAST_FORMS,
  RELATIVE_DATES,
  SECOND_PERSON,
} from "./lexicon.ts";
import type { ExtractItem } from "./types.ts";
import type { Corpus } from "./units.ts";
import { scanWords } from "./words.ts";

/** What is measured of a sentence, in the order of the columns. */
export const FEATURES = [
  "size",
  "density",
  "meanIdf",
  "relativeDate",
  "calendar",
  "first",
  "past",
  "intent",
  "number",
  "proper",
  "question",
  "exclamation",
  "opener",
  "listItem",
  "short",
  "followsQuestion",
  "firstSentence",
  "novelty",
  "verboseAuthor",
  "second",
  "evaluative",
  "topical",
  "echo",
  "symbols",
  "bracket",
  "longTurn",
] as const;

/** The name of a measure. */
export type Feature = (typeof FEATURES)[number];

const COLUMN = Object.fromEntries(FEATURES.map((name, column) => [name, column])) as Readonly<
  Record<Feature, number>
>;

/** One row a sentence, `FEATURES.length` columns. */
export type FeatureTable = Float32Array;

/** Measures every sentence of a corpus. */
export function measure(items: readonly ExtractItem[], corpus: Corpus): FeatureTable {
  const { units, idf, frequency } = corpus;
  const width = FEATURES.length;
  const table = new Float32Array(units.length * width);
  const seen = new Uint8Array(idf.length);
  const verbosity = verboseAuthors(items);
  const turnLength = new Map<number, number>();
  for (const unit of units) turnLength.set(unit.item, (turnLength.get(unit.item) ?? 0) + unit.length);
  let questionItem = -2;
  let previousQuestion = -2;
  units.forEach((unit, row) => {
    const at = row * width;
    const text = unit.text;
    let mass = 0;
    let fresh = 0;
    let topical = 0;
    for (const word of unit.words) {
      const weight = idf[word] ?? 0;
      mass += weight;
      if (seen[word] === 0) {
        fresh += weight;
        seen[word] = 1;
      }
      topical += Math.log(frequency[word] ?? 1);
    }
    const content = Math.max(1, unit.words.length);
    const lexical = lexicalCounts(text);
    const question = /[?？]["'”’」)]*$/.test(text);
    const set = (name: Feature, value: number): void => {
      table[at + COLUMN[name]] = value;
    };
    set("size", Math.log(1 + unit.words.length));
    set("density", mass / (text.length / 4 + 2));
    set("meanIdf", mass / content / 6);
    set("relativeDate", lexical.relative > 0 ? 1 : 0);
    set("calendar", lexical.calendar > 0 ? 1 : 0);
    set("first", lexical.first > 0 ? 1 : 0);
    set("past", lexical.past > 0 ? 1 : 0);
    set("intent", lexical.intent > 0 ? 1 : 0);
    set("number", lexical.numbers > 0 ? 1 : 0);
    set("proper", Math.min(3, lexical.proper));
    set("question", question ? 1 : 0);
    set("exclamation", /[!！]["'”’」)]*$/.test(text) ? 1 : 0);
    set("opener", lexical.opener ? 1 : 0);
    set("listItem", /^(?:[-*•]|\d{1,2}[.)])\s/.test(text) ? 1 : 0);
    set("short", unit.words.length < 3 ? 1 : 0);
    if (unit.item !== questionItem) {
      previousQuestion = questionItem;
    }
    set(
      "followsQuestion",
      previousQuestion >= 0 && unit.item > previousQuestion && unit.item <= previousQuestion + 1 ? 1 : 0,
    );
    if (question) questionItem = unit.item;
    set("firstSentence", unit.order === 0 ? 1 : 0);
    set("novelty", mass === 0 ? 0 : fresh / mass);
    set("verboseAuthor", verbosity.get(items[unit.item]?.author ?? "") ?? 0);
    set("second", lexical.second > 0 ? 1 : 0);
    set("evaluative", Math.min(3, lexical.evaluative));
    set("topical", topical / content / 3);
    set("symbols", symbolShare(text) > 0.12 ? 1 : 0);
    set("bracket", text.startsWith("[") ? 1 : 0);
    set("longTurn", Math.log(1 + (turnLength.get(unit.item) ?? 0)) / 5);
  });
  echoes(corpus, table, width);
  return table;
}

/** How much of a sentence's rare words the next item takes up: what the other side reacts to matters. */
function echoes(corpus: Corpus, table: FeatureTable, width: number): void {
  const { units, idf } = corpus;
  const next = new Set<number>();
  let end = units.length;
  while (end > 0) {
    const item = units[end - 1]?.item ?? 0;
    let start = end;
    while (start > 0 && units[start - 1]?.item === item) start -= 1;
    for (let row = start; row < end; row += 1) {
      let mass = 0;
      for (const word of units[row]?.words ?? []) if (next.has(word)) mass += idf[word] ?? 0;
      table[row * width + COLUMN.echo] = Math.min(2, mass / 6);
    }
    next.clear();
    for (let row = start; row < end; row += 1) for (const word of units[row]?.words ?? []) next.add(word);
    end = start;
  }
}

/** Log of an author's mean turn length over everybody's: 0 for equal shares. */
function verboseAuthors(items: readonly ExtractItem[]): ReadonlyMap<string, number> {
  const chars = new Map<string, { turns: number; chars: number }>();
  let turns = 0;
  let total = 0;
  for (const item of items) {
    if (item.role === "tool" || item.role === "system" || item.text === "") continue;
    const author = chars.get(item.author) ?? { turns: 0, chars: 0 };
    author.turns += 1;
    author.chars += item.text.length;
    chars.set(item.author, author);
    turns += 1;
    total += item.text.length;
  }
  const mean = total / Math.max(1, turns);
  return new Map(
    [...chars].map(([name, own]) => [
      name,
      Math.max(-1.5, Math.min(1.5, Math.log(own.chars / own.turns / mean))),
    ]),
  );
}

function symbolShare(text: string): number {
  let symbols = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (
      (code > 32 && code < 127 && "{}[]()<>=;|\\`$#*_/+&^%~".includes(text.charAt(at))) ||
      code === 0x2502 ||
      code === 0x2500
    )
      symbols += 1;
  }
  return symbols / text.length;
}

interface LexicalCounts {
  relative: number;
  calendar: number;
  first: number;
  past: number;
  intent: number;
  numbers: number;
  proper: number;
  second: number;
  evaluative: number;
  opener: boolean;
}

function lexicalCounts(text: string): LexicalCounts {
  const counts = {
    relative: 0,
    calendar: 0,
    first: 0,
    past: 0,
    intent: 0,
    numbers: 0,
    proper: 0,
    second: 0,
    evaluative: 0,
    opener: false,
  };
  let position = 0;
  scanWords(text, 0, text.length, (word) => {
    const lower = word.toLowerCase().replace("’", "'");
    if (RELATIVE_DATES.has(lower)) counts.relative += 1;
    if (CALENDAR_WORDS.has(lower)) counts.calendar += 1;
    if (FIRST_PERSON.has(lower)) counts.first += 1;
    else if (SECOND_PERSON.has(lower)) counts.second += 1;
    else if (position > 0 && isCapitalised(word)) counts.proper += 1;
    if (PAST_FORMS.has(lower) || (lower.length > 4 && lower.endsWith("ed"))) counts.past += 1;
    if (INTENT_WORDS.has(lower)) counts.intent += 1;
    if (EVALUATIVE_WORDS.has(lower)) counts.evaluative += 1;
    if (hasDigit(word) || NUMBER_WORDS.has(lower)) counts.numbers += 1;
    if (position === 0 && OPENERS.has(lower)) counts.opener = true;
    position += 1;
  });
  return counts;
}

function isCapitalised(word: string): boolean {
  const code = word.charCodeAt(0);
  return code >= 65 && code <= 90;
}

function hasDigit(word: string): boolean {
  for (let at = 0; at < word.length; at += 1) {
    const code = word.charCodeAt(at);
    if (code >= 48 && code <= 57) return true;
  }
  return false;
}
