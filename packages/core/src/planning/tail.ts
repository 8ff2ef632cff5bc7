import type { SessionEvent } from "../events/session-event.ts";
import { turnsOf } from "../events/turns.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";
import type { FoldedLog } from "../summaries/fold.ts";
import type { KeepPolicy } from "./keep-policy.ts";

/** What a cut is looked for in: the visible events behind the leading system events. */
export interface Body {
  readonly log: FoldedLog;
  readonly events: readonly SessionEvent[];
  /** Tokens of an event, calibrated. */
  readonly tokensOf: (event: SessionEvent) => number;
  /** Whether an event before the cut would be folded. */
  readonly isFoldable: (event: SessionEvent) => boolean;
}

/**
 * Index in the body where the kept tail begins: never less than the policy asks, unless its cap on tokens wins. A
 * round that reaches over the cut stays whole; the plan sees to that.
 */
export function tailStart(body: Body, keep: KeepPolicy): number {
  const asked = askedStart(body, keep);
  const cap = typeof keep === "function" ? undefined : keep.maxTokens;
  const aligned =
    typeof keep !== "function" && !("tokens" in keep) && keep.align !== "round"
      ? alignToTurn(body, asked)
      : asked;
  if (cap === undefined) return aligned;
  if (keptTokens(body, aligned) <= cap) return aligned;
  return firstFitting(body, asked, cap);
}

function askedStart(body: Body, keep: KeepPolicy): number {
  const { events, log } = body;
  if (typeof keep === "function") {
    const count: unknown = keep([...events]);
    if (typeof count !== "number" || !Number.isInteger(count) || count < 0) {
      throw new ConfigurationError(`Expected \`keep\` to return an integer >= 0, got ${describe(count)}`);
    }
    return Math.max(0, events.length - count);
  }
  if ("tokens" in keep) return firstFitting(body, 0, keep.tokens);
  if ("turns" in keep) {
    if (keep.turns === 0) return events.length;
    const turns = turnsOf(events);
    return turns[turns.length - keep.turns]?.start ?? 0;
  }
  let start = events.length;
  for (let left = keep.events; start > 0 && left > 0; start--) {
    const event = events[start - 1];
    if (event !== undefined && !log.isSkipped(event)) left--;
  }
  return start;
}

/** The start of the turn that the cut falls into, or the cut itself where nothing would be left to fold before. */
function alignToTurn(body: Body, cut: number): number {
  const turn = turnsOf(body.events).find(({ start, end }) => start <= cut && cut < end);
  if (turn === undefined || !turn.byUser) return cut;
  return body.events.slice(0, turn.start).some(body.isFoldable) ? turn.start : cut;
}

/** The first index from `from` on behind which at most so many tokens stay. */
function firstFitting(body: Body, from: number, tokens: number): number {
  let kept = keptTokens(body, from);
  for (let start = from; start < body.events.length; start++) {
    if (kept <= tokens) return start;
    kept -= released(body, start);
  }
  return body.events.length;
}

/** Tokens that stay when the tail begins at `start`: the tail and what reaches over its beginning. */
function keptTokens(body: Body, start: number): number {
  let kept = 0;
  for (const event of body.events) kept += body.tokensOf(event);
  for (let at = 0; at < start; at++) kept -= released(body, at);
  return kept;
}

/** Tokens that no longer stay once the tail begins behind this event: its own, or its whole round's if it ends it. */
function released(body: Body, at: number): number {
  const event = body.events[at];
  if (event === undefined) return 0;
  const members = body.log.rounds.unitOf(event).filter((member) => !body.log.isHidden(member));
  const last = members.reduce((latest, member) => (member.seq > latest.seq ? member : latest), event);
  return last === event ? members.reduce((sum, member) => sum + body.tokensOf(member), 0) : 0;
}
