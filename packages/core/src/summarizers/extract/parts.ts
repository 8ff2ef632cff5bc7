import type { ExtractItem } from "./types.ts";

/** Items this near a call or a result belong to the work around it. */
const REACH = 20;

/** For each item, whether it is part of tool work rather than of conversation. */
export function workItems(items: readonly ExtractItem[]): Uint8Array {
  const work = new Uint8Array(items.length);
  let end = 0;
  items.forEach((item, index) => {
    if (item.role !== "tool" && (item.toolCalls ?? []).length === 0) return;
    // Marked from where the last mark ended, so the pass stays linear.
    for (let at = Math.max(end, index - REACH); at <= Math.min(items.length - 1, index + REACH); at += 1)
      work[at] = 1;
    end = Math.min(items.length, index + REACH + 1);
  });
  return work;
}
