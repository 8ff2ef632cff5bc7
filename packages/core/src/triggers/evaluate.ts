import { z } from "zod";
import { allOf, explain } from "./combine.ts";
import type { SessionStatistics } from "./session-statistics.ts";
import type { Trigger, TriggerExplanation } from "./trigger.ts";

/** One trigger, or several that must all fire. Say `anyOf` for either-or. */
export type TriggerOption = Trigger | readonly Trigger[];

const triggerFunction = z.custom<Trigger>((value) => typeof value === "function", {
  error: "a trigger function",
});

/** Checks the option `trigger`. An empty list is refused: it says neither never nor always. */
export const triggerSchema: z.ZodType<TriggerOption> = z.union(
  [triggerFunction, z.array(triggerFunction).min(1)],
  { error: "a trigger function or a list of them with at least one" },
);

/** One trigger of the option: a list means all of them. */
export function toTrigger(option: TriggerOption): Trigger {
  return typeof option === "function"
    ? option
    : option.length === 1 && option[0] !== undefined
      ? option[0]
      : allOf(option);
}

/** Asks a trigger about a session. Nothing fires on a session without events. */
export async function evaluateTrigger(
  trigger: Trigger,
  statistics: SessionStatistics,
  now: number,
): Promise<TriggerExplanation> {
  if (statistics.events === 0) return { name: "events", fired: false, observed: 0, threshold: 1 };
  return explain(trigger, statistics, now);
}
