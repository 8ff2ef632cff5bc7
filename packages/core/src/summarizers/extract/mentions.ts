import { compactArguments, leavesOf } from "./arguments.ts";
import type { Catalog, Entry } from "./catalog.ts";
import { lazyGreedy } from "./heap.ts";
import { scanIdentifiers } from "./identifiers.ts";
import { cover } from "./said.ts";
import type { ExtractItem, Piece } from "./types.ts";

/** A call is shown whole up to this length; of a longer one only arguments and identifiers are. */
const WHOLE_CALL = 72;
const LONGEST_VALUE = 48;
/** A separator and a share of the line's label, in characters. */
const ENTRY_COST = 4;

interface Mention {
  readonly piece: Piece;
  readonly ids: readonly string[];
  /** What it is worth beside its identifiers. */
  readonly value: number;
}

/**
 * What was touched, the best for its length first: short calls as they were made, named arguments, and identifiers beside the
 * tool that was given or returned them. Names in `covered` are told already and earn nothing.
 */
export function rankMentions(
  items: readonly ExtractItem[],
  catalog: Catalog,
  need: ReadonlyMap<string, number>,
  covered: Set<string>,
  budgetChars: number,
): Piece[] {
  // A bare key ("user_id") is part of a tool's schema, which the agent sees anyway: it is shown with its value or not at all.
  const named = [...catalog.values()].filter((entry) => entry.named);
  const mentions = [...callsOf(items), ...named.map(mentionOf)];
  const pieces: Piece[] = [];
  let used = 0;
  lazyGreedy({
    count: mentions.length,
    gain: (at) => {
      const mention = mentions[at];
      if (mention === undefined) return 0;
      let sum = covered.has(mention.piece.text) ? 0 : mention.value;
      for (const id of mention.ids) if (!covered.has(id)) sum += need.get(id) ?? 0;
      return sum / (mention.piece.text.length + ENTRY_COST);
    },
    pick: (at) => {
      const mention = mentions[at];
      if (mention === undefined) return;
      for (const id of mention.ids) cover(id, covered);
      covered.add(mention.piece.text);
      used += mention.piece.text.length + ENTRY_COST;
      pieces.push(mention.piece);
    },
    full: () => used > budgetChars,
  });
  return pieces;
}

function mentionOf(entry: Entry, order: number): Mention {
  const keyed = entry.key !== undefined && entry.key !== entry.id;
  const text = keyed ? `${entry.key} ${entry.id}` : entry.id;
  return {
    piece: { item: entry.home, order, kind: "mention", text, label: entry.label },
    ids: keyed && entry.key !== undefined ? [entry.id, entry.key] : [entry.id],
    value: 0,
  };
}

/** Short calls whole, and named arguments with short values, the last of equal ones. */
function callsOf(items: readonly ExtractItem[]): Mention[] {
  const found = new Map<string, Mention>();
  items.forEach((item, index) => {
    (item.toolCalls ?? []).forEach((call, order) => {
      const add = (text: string, value: number): void => {
        const ids: string[] = [];
        scanIdentifiers(text, (id) => ids.push(id));
        found.set(`${call.name}\n${text}`, {
          piece: { item: index, order, kind: "mention", text, label: call.name },
          ids,
          value,
        });
      };
      const whole = compactArguments(call.args);
      if (whole !== "" && whole.length <= WHOLE_CALL) add(whole, 0);
      const leaves = leavesOf(call.args);
      if (leaves.length < 2) return;
      for (const { key, value } of leaves) {
        if (key === "" || value === "" || value.length > LONGEST_VALUE || value.includes("\n")) continue;
        // A value of ordinary words ("cabin economy") is no identifier, yet what was asked of the tool.
        add(`${key} ${value}`, (10 + items.length - index) ** -0.5);
      }
    });
  });
  return [...found.values()];
}
