import type { SessionStatistics } from "./session-statistics.ts";

/** Why a trigger fired or did not. */
export interface TriggerExplanation {
  readonly name: string;
  readonly fired: boolean;
  /** What was measured, in the unit of the threshold; undefined where there was nothing to measure. */
  readonly observed?: number | undefined;
  readonly threshold?: number | undefined;
  /** True when only more than the threshold fires, instead of reaching it. */
  readonly strict?: boolean;
  /** False for a part that did not matter any more, because those before it had decided. */
  readonly evaluated?: boolean;
  readonly children?: readonly TriggerExplanation[];
}

/** A plain answer or one with reasons. */
export type TriggerAnswer = boolean | TriggerExplanation;

/**
 * Says whether a session is due for folding. A pure function of the statistics and the time (milliseconds since the
 * epoch): checking changes nothing, so it may be called at any moment and as often as anybody likes. Any function of
 * this shape is a trigger; its name is the function's.
 */
export type Trigger = (statistics: SessionStatistics, now: number) => TriggerAnswer | Promise<TriggerAnswer>;

/** Options of every threshold. */
export interface ThresholdOptions {
  /** Fires only above the threshold instead of on reaching it. */
  readonly strict?: boolean | undefined;
}

/** Gives a trigger a name, for explanations of what was not asked. */
export function named(name: string, trigger: Trigger): Trigger {
  return Object.defineProperty(trigger, "name", { value: name });
}

/** Compares a measured figure with a threshold. Nothing measured never fires. */
export function compare(
  name: string,
  observed: number | undefined,
  threshold: number,
  options: ThresholdOptions = {},
): TriggerExplanation {
  const strict = options.strict === true;
  const fired = observed !== undefined && (strict ? observed > threshold : observed >= threshold);
  return { name, fired, observed, threshold, ...(strict && { strict }) };
}
