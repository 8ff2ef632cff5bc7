import { catalogue, needOf } from "./catalog.ts";
import type { Shared } from "./interleave.ts";
import { rankMentions } from "./mentions.ts";
import { rankSaid, readSpoken } from "./said.ts";
import type { ExtractItem } from "./types.ts";

// Names carry most of what an agent needs next; a reader needs to know what was asked and what came of it.
// More for names gives more recall (75 %: .01 more in coding, .03 to .05 in support, at a budget of 10 %) and a worse text.
const REQUESTS = 0.3;
const REPORTS = 0.15;
const MENTIONS = 0.55;

/** A tool session in three rankings: what was asked, what the agent said of it, and what was touched. */
export function rankWork(items: readonly ExtractItem[], budgetChars: number): Shared[] {
  const catalog = catalogue(items);
  const need = new Map<string, number>();
  for (const entry of catalog.values()) need.set(entry.id, needOf(entry, items.length));
  const spoken = readSpoken(items);
  // Each ranking sees what the ones before it tell, and tells something else.
  const covered = new Set<string>();
  return [
    { pieces: rankSaid(items, spoken, "user", need, covered, budgetChars * REQUESTS), share: REQUESTS },
    { pieces: rankSaid(items, spoken, "assistant", need, covered, budgetChars * REPORTS), share: REPORTS },
    { pieces: rankMentions(items, catalog, need, covered, budgetChars), share: MENTIONS },
  ];
}
