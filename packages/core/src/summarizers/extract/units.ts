import { FUNCTION_WORDS } from "./lexicon.ts";
import { sentenceBounds } from "./sentences.ts";
import { bounded } from "./text.ts";
import { addressNames, tidy } from "./tidy.ts";
import type { ExtractItem } from "./types.ts";
import { scanWords, wordKey } from "./words.ts";

/** What one item may contribute, in characters: a pasted file is not read to its end. */
const LONGEST_ITEM = 400_000;

/** One sentence of a session, with its content words as numbers. */
export interface Unit {
  readonly item: number;
  /** Number of the sentence inside its item. */
  readonly order: number;
  readonly text: string;
  /** As it is shown: without hesitations and openers. */
  readonly shown: string;
  /** Distinct content words, by their number in the vocabulary. */
  readonly words: readonly number[];
  /** All words, function words too. */
  readonly length: number;
}

/** The sentences of a session and the frequencies that make a word common or rare in it. */
export interface Corpus {
  readonly units: readonly Unit[];
  /** In how many sentences each word occurs. */
  readonly frequency: Int32Array;
  /** `log(1 + sentences / frequency)` of each word. */
  readonly idf: Float64Array;
}

/** Splits the spoken items (not tool results, not system items) into sentences and counts their words. */
export function buildCorpus(items: readonly ExtractItem[]): Corpus {
  const vocabulary = new Map<string, number>();
  // The key of a written form is looked up once: most words of a long session are repeats.
  const forms = new Map<string, number>();
  const frequency: number[] = [];
  const units: Unit[] = [];
  const idOf = (word: string): number => {
    const known = forms.get(word);
    if (known !== undefined) return known;
    const lower = word.toLowerCase().replace("’", "'");
    let id = -1;
    if (!FUNCTION_WORDS.has(lower)) {
      const key = wordKey(word);
      id = vocabulary.get(key) ?? frequency.length;
      if (id === frequency.length) {
        vocabulary.set(key, id);
        frequency.push(0);
      }
    }
    forms.set(word, id);
    return id;
  };
  const names = addressNames(new Set(items.map((item) => item.author)));
  items.forEach((item, index) => {
    if (item.role === "tool" || item.role === "system" || item.text === "") return;
    const text = bounded(item.text, LONGEST_ITEM);
    const bounds = sentenceBounds(text);
    for (let at = 0; at + 1 < bounds.length; at += 2) {
      const start = bounds[at] ?? 0;
      const end = bounds[at + 1] ?? start;
      const words: number[] = [];
      let length = 0;
      scanWords(text, start, end, (word) => {
        length += 1;
        const id = idOf(word);
        if (id >= 0 && !words.includes(id)) words.push(id);
      });
      for (const id of words) frequency[id] = (frequency[id] ?? 0) + 1;
      const raw = text.slice(start, end);
      units.push({ item: index, order: at / 2, text: raw, shown: tidy(raw, names), words, length });
    }
  });
  const idf = Float64Array.from(frequency, (count) => Math.log(1 + units.length / Math.max(1, count)));
  return { units, frequency: Int32Array.from(frequency), idf };
}
