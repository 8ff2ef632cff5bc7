import type { SessionSummary, SummaryStatus } from "./session-summary.ts";

/** A summary within a fold: its record and where it stands in the forest of summaries. */
export interface SummaryNode {
  readonly summary: SessionSummary;
  /** Position of its event in the log, which decides who comes first. */
  readonly seq: number;
  /** Where it stands in a window: the position of the first event that it covers. */
  position: number;
  /** How many events it covers, itself and through what it absorbed. */
  size: number;
  status: SummaryStatus;
  /** The summary that superseded it. */
  parent: SummaryNode | undefined;
}

/** The outermost summary that took this one's place, or the node itself. */
export function rootOf(node: SummaryNode): SummaryNode {
  let root = node;
  while (root.parent !== undefined) root = root.parent;
  // Long chains of rolling summaries are shortened on the way, so that look-ups stay flat.
  for (let at = node; at.parent !== undefined && at.parent !== root; ) {
    const next: SummaryNode = at.parent;
    at.parent = root;
    at = next;
  }
  return root;
}
