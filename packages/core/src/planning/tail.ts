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
  const fitting = firstFitting(body, aligned, cap);
  return fitting === aligned ? aligned : Math.max(asked, fitting);
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

/** The first index from `from` on behind which at most so many tokens stand. */
function firstFitting(body: Body, from: number, tokens: number): number {
  let start = body.events.length;
  for (let left = tokens; start > from; start--) {
    const event = body.events[start - 1];
    left -= event === undefined ? 0 : body.tokensOf(event);
    if (left < 0) break;
  }
  return start;
}
