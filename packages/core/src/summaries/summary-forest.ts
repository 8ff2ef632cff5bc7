import type { SnapshotSummary } from "./fold-snapshot.ts";
import type { SessionSummary } from "./session-summary.ts";
import { rootOf, type SummaryNode } from "./summary-node.ts";

/**
 * Decides which summaries are effective. Effective summaries never overlap: one takes effect only if it covers
 * strictly more than every effective one it touches, and those are then superseded. So a late, stale or doubled
 * summary does nothing.
 */
export class SummaryForest {
  readonly #nodes = new Map<string, SummaryNode>();
  readonly #coveredBy = new Map<string, SummaryNode>();
  readonly #omittedBy = new Map<string, SummaryNode>();
  readonly #missing = new Set<string>();
  readonly #sound = new Set<string>();
  #effective: SummaryNode[] = [];

  /** Every summary of the log, in log order. */
  get nodes(): Iterable<SummaryNode> {
    return this.#nodes.values();
  }

  /** The effective summaries by their place in the window. */
  get effective(): readonly SummaryNode[] {
    return this.#effective;
  }

  /** The node of a summary's id. */
  get(id: string): SummaryNode | undefined {
    return this.#nodes.get(id);
  }

  /** Whether a summary of this id was replaced before it was seen: the fold must be made anew to place it. */
  isMissing(id: string): boolean {
    return this.#missing.has(id);
  }

  /** The effective summary that covers an event. */
  covering(eventId: string): SummaryNode | undefined {
    return effectiveRoot(this.#coveredBy.get(eventId));
  }

  /** The effective summary that left an event out as skipped. */
  omitting(eventId: string): SummaryNode | undefined {
    return effectiveRoot(this.#omittedBy.get(eventId));
  }

  /**
   * Enters the summaries in log order. Two steps, because a summary is void if one that it replaces is void or
   * missing, wherever in the log that one stands.
   */
  enter(
    summaries: readonly { summary: SessionSummary; seq: number }[],
    isHidden: (id: string) => boolean,
  ): void {
    for (const { summary, seq } of summaries) {
      this.#nodes.set(summary.id, {
        summary,
        seq,
        position: seq,
        size: 0,
        status: "inert",
        parent: undefined,
      });
    }
    for (const { summary } of summaries) this.#voidIfBroken(summary.id, isHidden, new Set());
  }

  /** Takes over summaries as a snapshot tells of them, in log order, instead of entering them. */
  restore(nodes: readonly (SummaryNode & Pick<SnapshotSummary, "covered" | "omitted">)[]): void {
    for (const { covered, omitted, ...node } of nodes) {
      this.#nodes.set(node.summary.id, node);
      if (node.status !== "effective") continue;
      this.#sound.add(node.summary.id);
      const { coverage } = node.summary;
      for (const eventId of [...coverage.direct, ...covered]) this.#coveredBy.set(eventId, node);
      for (const eventId of [...coverage.omitted, ...omitted]) this.#omittedBy.set(eventId, node);
      this.#effective.push(node);
    }
    this.#effective.sort((a, b) => a.position - b.position);
  }

  /** Lets an entered summary take effect if it may. `seqOf` tells the position of an event, if the log has it. */
  activate(id: string, seqOf: (eventId: string) => number | undefined): boolean {
    const node = this.#nodes.get(id);
    if (node === undefined || node.status !== "inert") return false;
    const reach = this.#reach(node);
    if (!reach.wins || reach.size === 0) return false;
    node.size = reach.size;
    node.status = "effective";
    node.position = positionOf(node, reach, seqOf);
    for (const eventId of reach.ids) this.#coveredBy.set(eventId, node);
    for (const eventId of node.summary.coverage.omitted) this.#omittedBy.set(eventId, node);
    for (const other of reach.touched) {
      other.status = "superseded";
      other.parent = node;
    }
    const kept = this.#effective.filter((other) => other.status === "effective");
    const at = kept.findIndex((other) => other.position > node.position);
    kept.splice(at < 0 ? kept.length : at, 0, node);
    this.#effective = kept;
    return true;
  }

  /** Whether a summary would take effect if it were appended now. */
  wouldActivate(summary: SessionSummary): boolean {
    if (this.#nodes.has(summary.id)) return false;
    const broken = summary.coverage.replaces.some((id) => {
      const replaced = this.#nodes.get(id);
      return replaced === undefined || replaced.status === "void" || replaced.status === "hidden";
    });
    if (broken) return false;
    const reach = this.#reach({ summary, seq: 0, position: 0, size: 0, status: "inert", parent: undefined });
    return reach.wins && reach.size > 0;
  }

  /** Ids of all events that a summary covers, itself and through what it replaces. */
  coveredIds(id: string): ReadonlySet<string> {
    const covered = new Set<string>();
    const open = [id];
    const seen = new Set<string>();
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const node = this.#nodes.get(at);
      if (node === undefined || seen.has(at)) continue;
      seen.add(at);
      for (const eventId of node.summary.coverage.direct) covered.add(eventId);
      open.push(...node.summary.coverage.replaces);
    }
    return covered;
  }

  #voidIfBroken(id: string, isHidden: (id: string) => boolean, path: Set<string>): boolean {
    const node = this.#nodes.get(id);
    if (node === undefined) {
      this.#missing.add(id);
      return true;
    }
    if (node.status === "void" || node.status === "hidden") return true;
    if (this.#sound.has(id)) return false;
    if (isHidden(id)) {
      node.status = "hidden";
      return true;
    }
    if (path.has(id)) return true;
    path.add(id);
    const broken = node.summary.coverage.replaces.filter((replaced) =>
      this.#voidIfBroken(replaced, isHidden, path),
    );
    path.delete(id);
    if (broken.length > 0) node.status = "void";
    else this.#sound.add(id);
    return broken.length > 0;
  }

  /** What the node would cover, which effective summaries that touches, and whether it is more than each of them. */
  #reach(node: SummaryNode): {
    wins: boolean;
    size: number;
    touched: Set<SummaryNode>;
    ids: ReadonlySet<string>;
  } {
    const whole = new Set<SummaryNode>();
    const ids = new Set(node.summary.coverage.direct);
    for (const id of node.summary.coverage.replaces) {
      const replaced = this.#nodes.get(id);
      // An effective summary is absorbed whole. One that is not in effect any more counts by its events.
      if (replaced?.status === "effective") whole.add(replaced);
      else for (const eventId of this.coveredIds(id)) ids.add(eventId);
    }
    const hits = new Map<SummaryNode, number>();
    let size = 0;
    for (const eventId of ids) {
      const owner = this.covering(eventId);
      if (owner !== undefined && whole.has(owner)) continue;
      size++;
      if (owner !== undefined) hits.set(owner, (hits.get(owner) ?? 0) + 1);
    }
    for (const absorbed of whole) size += absorbed.size;
    const touched = new Set([...whole, ...hits.keys()]);
    const containsAll = [...hits].every(([owner, count]) => count === owner.size);
    return { wins: containsAll && [...touched].every((other) => size > other.size), size, touched, ids };
  }
}

/** Where the first event that a summary covers stood, itself or through what it replaces. */
function positionOf(
  { summary: { coverage } }: SummaryNode,
  reach: { readonly touched: Iterable<SummaryNode>; readonly ids: Iterable<string> },
  seqOf: (eventId: string) => number | undefined,
): number {
  let position = Number.POSITIVE_INFINITY;
  for (const other of reach.touched) position = Math.min(position, other.position);
  for (const eventId of reach.ids) position = Math.min(position, seqOf(eventId) ?? coverage.fromSeq);
  return Number.isFinite(position) ? position : coverage.fromSeq;
}

/** The effective summary that a node belongs to, or is. */
export function effectiveRoot(node: SummaryNode | undefined): SummaryNode | undefined {
  if (node === undefined) return undefined;
  const root = rootOf(node);
  return root.status === "effective" ? root : undefined;
}
