import { measure } from "./features.ts";
import { lazyGreedy } from "./heap.ts";
import type { ExtractItem, Piece } from "./types.ts";
import { buildCorpus } from "./units.ts";
import { blend, CHAT, MEETING, valuesOf } from "./weights.ts";

/** What a sentence costs beside its own characters: its share of a speaker's name and a line end. */
const LINE_COST = 20;

/**
 * Sentences of a conversation, the best for their length first. A sentence is worth less the more of its words the picked
 * ones already hold: half of its value is its own in a chat, none of it in a meeting, where the same point comes back often.
 * Stops when `budgetChars` characters are picked.
 */
export function rankDialogue(items: readonly ExtractItem[], budgetChars: number): Piece[] {
  const corpus = buildCorpus(items);
  const { units, idf } = corpus;
  const meeting = meetingShare(items);
  const values = valuesOf(
    measure(items, corpus),
    blend(CHAT, MEETING, meeting),
    (row) => units[row]?.words.length ?? 0,
  );
  const uncovered = new Float64Array(idf.length).fill(1);
  const shared = 0.5 + 0.5 * meeting;
  const pieces: Piece[] = [];
  let used = 0;
  lazyGreedy({
    count: units.length,
    gain: (row) => {
      const unit = units[row];
      if (unit === undefined) return 0;
      let mass = 0;
      let fresh = 0;
      for (const word of unit.words) {
        const weight = idf[word] ?? 0;
        mass += weight;
        fresh += weight * (uncovered[word] ?? 0);
      }
      return mass === 0
        ? 0
        : ((values[row] ?? 0) * (1 - shared + (shared * fresh) / mass)) / (unit.shown.length + LINE_COST);
    },
    pick: (row) => {
      const unit = units[row];
      if (unit === undefined) return;
      for (const word of unit.words) uncovered[word] = (uncovered[word] ?? 0) / 2;
      if (unit.shown === "") return;
      used += unit.shown.length + 8;
      pieces.push({
        item: unit.item,
        order: unit.order,
        kind: "said",
        text: unit.shown,
        label: items[unit.item]?.author ?? "",
      });
    },
    full: () => used > budgetChars,
  });
  return pieces;
}

/**
 * How much of a meeting a conversation is, 0 to 1, by the effective number of its speakers (the exponential of the entropy of
 * their shares of the text): two is a chat, three and a half is a meeting.
 */
function meetingShare(items: readonly ExtractItem[]): number {
  const chars = new Map<string, number>();
  let total = 0;
  for (const item of items) {
    if (item.role === "tool" || item.role === "system") continue;
    chars.set(item.author, (chars.get(item.author) ?? 0) + item.text.length);
    total += item.text.length;
  }
  let entropy = 0;
  for (const own of chars.values()) if (own > 0) entropy -= (own / total) * Math.log(own / total);
  return Math.max(0, Math.min(1, (Math.exp(entropy) - 2) / 1.5));
}
