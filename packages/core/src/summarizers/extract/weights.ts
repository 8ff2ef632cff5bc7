import { FEATURES, type Feature, type FeatureTable } from "./features.ts";

/** A weight for each measure of a sentence. */
export type Weights = Readonly<Record<Feature, number>>;

/**
 * Two people talking: what they tell about themselves is what is asked for later. Rounded by hand from Poisson regressions of
 * which sentences are cited as evidence in public chats, and kept small where two halves of them disagreed in sign.
 */
export const CHAT: Weights = {
  size: 0.4,
  density: 0.8,
  meanIdf: 0.3,
  relativeDate: 0.7,
  calendar: 0.3,
  first: 0.4,
  past: 0.3,
  intent: 0.1,
  number: 0.15,
  proper: 0.4,
  question: -0.8,
  exclamation: -0.1,
  opener: 0,
  listItem: -0.2,
  short: -0.6,
  followsQuestion: 0.3,
  firstSentence: 0.2,
  novelty: 0.5,
  verboseAuthor: -0.2,
  second: -0.7,
  evaluative: -0.2,
  topical: -0.3,
  echo: 0.3,
  symbols: -0.3,
  bracket: -0.5,
  longTurn: -0.3,
};

/** Many people in a meeting: nobody's life is the subject, topics are, so words that keep coming back count and persons do not. Chosen the same way. */
export const MEETING: Weights = {
  size: 0.8,
  density: 0,
  meanIdf: 0.8,
  relativeDate: 0,
  calendar: 0,
  first: 0,
  past: 0,
  intent: 0,
  number: -0.2,
  proper: 0,
  question: 0,
  exclamation: 0,
  opener: 0,
  listItem: -0.2,
  short: -0.7,
  followsQuestion: 0.1,
  firstSentence: 0.5,
  novelty: 0.2,
  verboseAuthor: 0,
  second: 0,
  evaluative: 0,
  topical: 1,
  echo: 0.2,
  symbols: -0.3,
  bracket: 0,
  longTurn: -1,
};

/** `share` of the second weights, the rest of the first. */
export function blend(first: Weights, second: Weights, share: number): Float64Array {
  return Float64Array.from(FEATURES, (name) => first[name] * (1 - share) + second[name] * share);
}

/** The value of each sentence: the exponential of its weighted measures; nothing where it has no content word. */
export function valuesOf(
  table: FeatureTable,
  weights: Float64Array,
  wordCounts: (row: number) => number,
): Float64Array {
  const width = FEATURES.length;
  const values = new Float64Array(table.length / width);
  for (let row = 0; row < values.length; row += 1) {
    if (wordCounts(row) === 0) continue;
    let sum = 0;
    for (let column = 0; column < width; column += 1)
      sum += (weights[column] ?? 0) * (table[row * width + column] ?? 0);
    values[row] = Math.exp(sum);
  }
  return values;
}
