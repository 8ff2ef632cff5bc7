import { wordsOf } from "./words.ts";

/** How well a text answers a query. */
export interface Ranked<T> {
  readonly item: T;
  readonly text: string;
  readonly score: number;
}

/** The usual constants of BM25: how soon a repeated word stops to count, and how much a long text is held back. */
const SATURATION = 1.2;
const LENGTH_WEIGHT = 0.75;
/** What the whole query, word for word, is worth beside its words. */
const PHRASE_BONUS = 2;

interface Document<T> {
  readonly item: T;
  readonly text: string;
  readonly length: number;
  readonly counts: ReadonlyMap<string, number>;
}

/**
 * Ranks texts by the words of a query (Okapi BM25): rare words count more than common ones, and not all of them have to
 * be there. Of equal scores the later text comes first. Texts without any of the words are left out.
 */
export function rank<T>(
  items: Iterable<T>,
  textOf: (item: T) => string,
  query: string,
): readonly Ranked<T>[] {
  const terms = new Set(wordsOf(query).map(({ term }) => term));
  if (terms.size === 0) return [];
  const documents: Document<T>[] = [];
  const containing = new Map<string, number>();
  let lengths = 0;
  for (const item of items) {
    const document = read(item, textOf(item), terms);
    documents.push(document);
    lengths += document.length;
    for (const term of document.counts.keys()) containing.set(term, (containing.get(term) ?? 0) + 1);
  }
  const average = lengths / Math.max(1, documents.length) || 1;
  const phrase = query.trim().toLowerCase();
  const weightOf = (term: string): number => {
    const count = containing.get(term) ?? 0;
    return Math.log(1 + (documents.length - count + 0.5) / (count + 0.5));
  };
  const results: { ranked: Ranked<T>; at: number }[] = [];
  documents.forEach(({ item, text, length, counts }, at) => {
    if (counts.size === 0) return;
    let score = 0;
    for (const [term, count] of counts) {
      const damping = SATURATION * (1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * length) / average);
      score += (weightOf(term) * count * (SATURATION + 1)) / (count + damping);
    }
    if (terms.size > 1 && text.toLowerCase().includes(phrase)) score *= PHRASE_BONUS;
    results.push({ ranked: { item, text, score }, at });
  });
  return results.sort((a, b) => b.ranked.score - a.ranked.score || b.at - a.at).map(({ ranked }) => ranked);
}

function read<T>(item: T, text: string, terms: ReadonlySet<string>): Document<T> {
  const counts = new Map<string, number>();
  const words = wordsOf(text);
  for (const { term } of words) if (terms.has(term)) counts.set(term, (counts.get(term) ?? 0) + 1);
  return { item, text, length: words.length, counts };
}

/** The stretch of a text, of at most `width` characters, that has the most different words of the query in it. */
export function snippetOf(text: string, query: string, width: number): string {
  if (text.length <= width) return text;
  const terms = new Set(wordsOf(query).map(({ term }) => term));
  const hits = wordsOf(text).filter(({ term }) => terms.has(term));
  let best = { different: -1, from: 0, to: 0 };
  const inside = new Map<string, number>();
  let first = 0;
  for (const hit of hits) {
    inside.set(hit.term, (inside.get(hit.term) ?? 0) + 1);
    for (let left = hits[first]; left !== undefined && hit.at - left.at > width / 2; left = hits[++first]) {
      const count = (inside.get(left.term) ?? 1) - 1;
      if (count === 0) inside.delete(left.term);
      else inside.set(left.term, count);
    }
    if (inside.size > best.different)
      best = { different: inside.size, from: hits[first]?.at ?? 0, to: hit.at };
  }
  const spare = width - (best.to - best.from);
  const from = Math.max(0, Math.min(best.from - Math.floor(spare / 2), text.length - width));
  const [start, end] = [wholeCharacter(text, from), wholeCharacter(text, from + width)];
  return `${start > 0 ? "… " : ""}${text.slice(start, end)}${end < text.length ? " …" : ""}`;
}

/** The index itself, or the one behind it when it would cut a character in two. */
export function wholeCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return at > 0 && at < text.length && code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}
