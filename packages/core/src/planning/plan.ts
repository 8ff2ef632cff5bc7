import { inScope } from "../events/scope.ts";
import type { SessionEvent } from "../events/session-event.ts";
import { isUnanswered, membersOf, type ToolRound } from "../events/tool-rounds.ts";
import { isComplete, lastTurn } from "../events/turns.ts";
import { type FoldedLog, inLogOrder } from "../summaries/fold.ts";
import type { SessionSummary } from "../summaries/session-summary.ts";
import type { SummaryNode } from "../summaries/summary-node.ts";
import type { KeepPolicy } from "./keep-policy.ts";
import { inherit, type Strategy } from "./strategy.ts";
import { type Body, tailStart } from "./tail.ts";

/** Blocks of one level that come together before a fold takes them in. */
export const DEFAULT_BLOCK_LIMIT = 8;

/** How a plan is made. */
export interface PlanOptions {
  readonly keep: KeepPolicy;
  /** One agent or branch, whose events alone are folded; undefined: the session. */
  readonly scope?: string | undefined;
  /** Tokens of an event. */
  readonly tokensOf: (event: SessionEvent) => number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** See the options of the same names of `SessionSummarizer`. */
  readonly awaitResultsSeconds?: number | undefined;
  readonly strategy?: Strategy | undefined;
  readonly blockLimit?: number | undefined;
}

/** The events to summarise. */
export interface Plan {
  readonly kind: "fold";
  /** Events to read, in log order. */
  readonly events: readonly SessionEvent[];
  /** Events that the summary stands for: those it reads, and those that are read no more since they were skipped or pinned. */
  readonly covered: readonly SessionEvent[];
  /** Summaries to read and take the place of, by their place in the window. */
  readonly previous: readonly SessionSummary[];
  /** How often summaries were merged into the new one. */
  readonly level: number;
  /** Skipped events of the region: left unread, and out of the window once the summary stands. */
  readonly omitted: readonly SessionEvent[];
  /** Position of the last entry in the log when the plan was made. */
  readonly planSeq: number;
}

/** Why there is nothing to do. */
export interface NoPlan {
  readonly kind: "nothing";
  readonly reason: "nothing-to-summarise" | "nothing-new";
}

/** A stretch of the body, as indexes; its end is not part of it. */
interface Region {
  readonly from: number;
  readonly to: number;
}

/**
 * Decides what to fold. Read is what stands before the kept tail, is visible and of the scope; never what is pinned,
 * a tool round without all its results, the current user message, or the latest complete round of a turn in progress.
 * No summary spans the current user message: what stands before it and the turn's own progress are folded apart.
 */
export function planFold(log: FoldedLog, options: PlanOptions): Plan | NoPlan {
  const events = log.visible.slice(log.leadingSystem);
  const kept = mustStay(log, events, options);
  const isFoldable = (event: SessionEvent): boolean =>
    !kept.has(event.id) && !log.isSkipped(event) && inScope(event, options.scope, log.rounds);
  const body: Body = { log, events, tokensOf: options.tokensOf, isFoldable };
  const awaited = firstAwaited(log, events, options);
  const cut = Math.min(tailStart(body, options.keep), awaited);
  const within = insideOf(log, events);
  const folds = regions(events, cut, currentUserIndex(events)).map((region) => {
    const inside = events.slice(region.from, region.to).filter(within(region));
    const direct = inside.filter(isFoldable);
    return {
      region,
      inside,
      direct,
      tokens: direct.reduce((sum, event) => sum + options.tokensOf(event), 0),
    };
  });
  // One summary at a time, and the larger part first: the other one is folded when it is due.
  const [fold] = folds.filter(({ direct }) => direct.length > 0).sort((a, b) => b.tokens - a.tokens);
  if (fold !== undefined) {
    const isOmitted = (event: SessionEvent): boolean =>
      !kept.has(event.id) && log.isSkipped(event) && inScope(event, options.scope, log.rounds);
    const standing = summariesIn(log, events, fold.region, options.scope);
    const strategy = options.strategy ?? "rolling";
    const { replaced, reread, level } = inherit(
      strategy,
      log,
      standing,
      options.blockLimit ?? DEFAULT_BLOCK_LIMIT,
    );
    const covered = [...reread, ...fold.direct].sort(inLogOrder);
    return {
      kind: "fold",
      events: covered.filter((event) => !log.isSkipped(event) && !log.isPinned(event)),
      covered,
      previous: replaced.map((node) => node.summary),
      level,
      omitted: fold.inside.filter(isOmitted),
      planSeq: log.lastSeq,
    };
  }
  const known = log.effective.some(
    (node) => options.scope === undefined || node.summary.scope === options.scope,
  );
  return { kind: "nothing", reason: known ? "nothing-new" : "nothing-to-summarise" };
}

/** A round is folded whole or not at all: one that reaches out of the region stays. Each round is looked at once. */
function insideOf(
  log: FoldedLog,
  events: readonly SessionEvent[],
): (region: Region) => (event: SessionEvent) => boolean {
  const index = new Map(events.map((event, at) => [event.id, at]));
  return ({ from, to }) => {
    const known = new Map<ToolRound, boolean>();
    const isInside = ({ id }: SessionEvent): boolean => {
      const at = index.get(id);
      return at === undefined || (at >= from && at < to);
    };
    return (event) => {
      const round = log.rounds.roundOf(event);
      if (round === undefined) return isInside(event);
      const inside = known.get(round) ?? round.members.every(isInside);
      known.set(round, inside);
      return inside;
    };
  };
}

/** Ids of the events that stay whatever the policy says. */
function mustStay(
  log: FoldedLog,
  events: readonly SessionEvent[],
  options: PlanOptions,
): ReadonlySet<string> {
  const stay = new Set<string>();
  for (const event of events) {
    const round = log.rounds.roundOf(event);
    if (log.isPinned(event) || (round !== undefined && log.rounds.isPending(round))) stay.add(event.id);
  }
  const user = currentUserIndex(events);
  const current = events[user];
  if (current !== undefined) stay.add(current.id);
  const turn = lastTurn(events);
  if (turn === undefined || isComplete(events, turn)) return stay;
  for (let at = events.length - 1; at >= turn.start; at--) {
    const event = events[at];
    const round = event === undefined ? undefined : log.rounds.roundOf(event);
    if (event === undefined || round === undefined || isUnanswered(round)) continue;
    if (!inScope(event, options.scope, log.rounds)) continue;
    for (const member of membersOf(round)) stay.add(member.id);
    break;
  }
  return stay;
}

/** Index of the user event whose turn is still in progress; -1 when the last turn is complete. */
function currentUserIndex(events: readonly SessionEvent[]): number {
  const turn = lastTurn(events);
  return turn === undefined || !turn.byUser || isComplete(events, turn) ? -1 : turn.start;
}

/** Index of the first call whose result is still awaited although the user has spoken since. */
function firstAwaited(log: FoldedLog, events: readonly SessionEvent[], options: PlanOptions): number {
  const seconds = options.awaitResultsSeconds ?? 0;
  if (seconds <= 0) return events.length;
  const at = events.findIndex((event) => {
    const round = log.rounds.roundOf(event);
    if (round === undefined || round.call !== event) return false;
    const young = options.now - event.timestamp < seconds * 1000;
    return (
      young &&
      round.results.filter((result) => result !== undefined).length + round.late.length < round.calls.length
    );
  });
  return at < 0 ? events.length : at;
}

function regions(events: readonly SessionEvent[], cut: number, user: number): readonly Region[] {
  const end = Math.min(cut, events.length);
  if (user < 0 || end <= user) return [{ from: 0, to: end }];
  return [
    { from: 0, to: user },
    { from: user + 1, to: end },
  ];
}

/** The effective summaries that a fold of the region takes in: those of the scope, for the session all. */
function summariesIn(
  log: FoldedLog,
  events: readonly SessionEvent[],
  region: Region,
  scope: string | undefined,
): readonly SummaryNode[] {
  const before = events[region.from - 1]?.seq ?? Number.NEGATIVE_INFINITY;
  const next = events[region.to]?.seq ?? Number.POSITIVE_INFINITY;
  return log.effective.filter(
    (node) =>
      (scope === undefined || node.summary.scope === scope) &&
      !log.isSummaryPinned(node.summary.id) &&
      node.position > before &&
      node.position <= next,
  );
}
