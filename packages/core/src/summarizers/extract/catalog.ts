import { argumentText, isKey, keyBefore } from "./arguments.ts";
import { isNumber, scanIdentifiers } from "./identifiers.ts";
import { bounded } from "./text.ts";
import type { ExtractItem } from "./types.ts";

/** What is read of one tool result, in characters: its beginning and its end. */
const LONGEST_RESULT = 48_000;
const LONGEST_TEXT = 200_000;
/** Bare numbers that one text may add: beyond these they are line numbers and measurements. */
const MOST_NUMBERS = 16;

/** What is known of one identifier: who used it how often, and where it is shown. */
export interface Entry {
  readonly id: string;
  user: number;
  assistant: number;
  calls: number;
  results: number;
  /** Index of the last item that names it. */
  last: number;
  /** Index of the last item by the user or the agent that names it, or -1. */
  lastUsed: number;
  /** The item it is shown with, and the label of its line there. */
  home: number;
  label: string;
  /** The key it stood under, where it was a value. */
  key: string | undefined;
  /** Whether it is only a number. */
  readonly number: boolean;
  /** Whether it was ever more than the key of a value. */
  named: boolean;
  /** How much the home says of it: an argument over a result over running text. */
  standing: number;
}

/** The identifiers of a session's items, in order of appearance. */
export type Catalog = ReadonlyMap<string, Entry>;

/** Finds the identifiers of `items` and counts who uses them. */
export function catalogue(items: readonly ExtractItem[]): Catalog {
  const entries = new Map<string, Entry>();
  items.forEach((item, index) => {
    if (item.role === "system") return;
    if (item.role === "tool") {
      note(
        entries,
        bounded(item.text, LONGEST_RESULT),
        index,
        "results",
        `${item.toolName ?? item.author} →`,
        2,
      );
      return;
    }
    note(
      entries,
      bounded(item.text, LONGEST_TEXT),
      index,
      item.role === "user" ? "user" : "assistant",
      "named",
      1,
    );
    for (const call of item.toolCalls ?? [])
      note(entries, bounded(argumentText(call.args), LONGEST_TEXT), index, "calls", call.name, 3);
  });
  return entries;
}

function note(
  entries: Map<string, Entry>,
  text: string,
  index: number,
  field: "user" | "assistant" | "calls" | "results",
  label: string,
  standing: number,
): void {
  // Each identifier counts once an item: a listing that repeats a name does not make it more important.
  const seen = new Set<string>();
  let numbers = 0;
  scanIdentifiers(text, (id, start, end) => {
    if (seen.has(id)) return;
    seen.add(id);
    const key = standing >= 2 ? keyBefore(text, start, end) : undefined;
    const number = isNumber(id);
    if (number && key === undefined && ++numbers > MOST_NUMBERS) return;
    let entry = entries.get(id);
    if (entry === undefined) {
      entry = {
        id,
        user: 0,
        assistant: 0,
        calls: 0,
        results: 0,
        last: index,
        lastUsed: -1,
        home: index,
        label,
        key: undefined,
        number,
        named: false,
        standing: 0,
      };
      entries.set(id, entry);
    }
    entry.named ||= standing < 2 || !isKey(text, end);
    entry[field] += 1;
    entry.last = index;
    if (field !== "results") entry.lastUsed = index;
    if (standing >= entry.standing) {
      entry.standing = standing;
      entry.home = index;
      entry.label = label;
      entry.key = key ?? entry.key;
    }
  });
}

/**
 * How likely an identifier is needed again. Powers were fitted to which names coding and support agents use after a cut:
 * use in arguments counts most, then results, then text; it fades with the number of items since the agent last used it.
 */
export function needOf(entry: Entry, count: number): number {
  const age = count - entry.last;
  const used = entry.lastUsed < 0 ? count + 20 : count - entry.lastUsed;
  return (
    (1 + entry.calls) ** 0.75 *
    (1 + entry.results) ** 0.35 *
    (1 + entry.assistant) ** 0.3 *
    (1 + used) ** -0.4 *
    (1 + age) ** -0.2 *
    (entry.user > 0 ? 1.5 : 1) *
    (entry.number ? (entry.key === undefined ? 0.15 : 0.7) : 1) *
    (entry.id.includes("/") || entry.id.includes(".") ? 1.2 : 1)
  );
}
