import { measure } from "./features.ts";
import { lazyGreedy } from "./heap.ts";
import { partsOf, scanIdentifiers } from "./identifiers.ts";
import { shorten } from "./text.ts";
import type { ExtractItem, Piece } from "./types.ts";
import type { Corpus, Unit } from "./units.ts";
import { buildCorpus } from "./units.ts";
import { blend, CHAT, MEETING, valuesOf } from "./weights.ts";

const LONGEST_SENTENCE = 320;
/** A sentence's share of its speaker's name and line end, in characters. */
const LINE_COST = 20;
/** What a sentence is worth beside one identifier, set so that both decide. */
const REQUEST_VALUE = 6;
const REPORT_VALUE = 2;

/** The sentences of a tool session and what each is worth as language. */
export interface Spoken {
  readonly corpus: Corpus;
  readonly values: Float64Array;
}

/** Reads the sentences of a tool session: half people who tell, half a topic that comes back. */
export function readSpoken(items: readonly ExtractItem[]): Spoken {
  const corpus = buildCorpus(items);
  const values = valuesOf(
    measure(items, corpus),
    blend(CHAT, MEETING, 0.5),
    (row) => corpus.units[row]?.words.length ?? 0,
  );
  return { corpus, values };
}

/** Marks an identifier as told, with the names that are found again inside it. */
export function cover(id: string, covered: Set<string>): void {
  covered.add(id);
  for (const part of partsOf(id)) covered.add(part);
}

/**
 * What one side of a tool session said, the best for its length first: by the sentence's own value and by the identifiers it
 * holds that no picked sentence does. What it picks is added to `covered`.
 */
export function rankSaid(
  items: readonly ExtractItem[],
  { corpus, values }: Spoken,
  role: "user" | "assistant",
  need: ReadonlyMap<string, number>,
  covered: Set<string>,
  budgetChars: number,
): Piece[] {
  const candidates = corpus.units.flatMap((unit, row) => {
    if (items[unit.item]?.role !== role || unit.words.length === 0) return [];
    const text = shorten(unit.shown, LONGEST_SENTENCE);
    const ids = new Set<string>();
    scanIdentifiers(text, (id) => ids.add(id));
    const age = items.length - unit.item;
    // What opens a message says what it is about; long pastes say it least.
    const value =
      ((values[row] ?? 0) * (role === "user" ? REQUEST_VALUE : reportValue(items, unit))) /
      ((1 + 0.15 * unit.order) * (1 + age) ** 0.25);
    return text === "" ? [] : [{ unit, text, ids, value }];
  });
  const pieces: Piece[] = [];
  let used = 0;
  lazyGreedy({
    count: candidates.length,
    gain: (at) => {
      const candidate = candidates[at];
      if (candidate === undefined) return 0;
      let sum = candidate.value;
      for (const id of candidate.ids) if (!covered.has(id)) sum += need.get(id) ?? 0;
      return sum / (candidate.text.length + LINE_COST);
    },
    pick: (at) => {
      const candidate = candidates[at];
      if (candidate === undefined) return;
      for (const id of candidate.ids) cover(id, covered);
      used += candidate.text.length + 8;
      const { item, order } = candidate.unit;
      pieces.push({ item, order, kind: "said", text: candidate.text, label: items[item]?.author ?? role });
    },
    full: () => used > budgetChars,
  });
  return pieces;
}

/** Of what an agent says, the last words before the user's turn report; "now I do this:" only announces a call. */
function reportValue(items: readonly ExtractItem[], unit: Unit): number {
  if (unit.text.endsWith(":")) return REPORT_VALUE * 0.15;
  const next = items[unit.item + 1];
  if (next === undefined || next.role === "user") return REPORT_VALUE * 2;
  return (items[unit.item]?.toolCalls ?? []).length > 0 ? REPORT_VALUE * 0.6 : REPORT_VALUE;
}
