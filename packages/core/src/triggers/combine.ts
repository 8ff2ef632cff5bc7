import { ConfigurationError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";
import { explainedParts } from "./explained-parts.ts";
import type { SessionStatistics } from "./session-statistics.ts";
import { named, type Trigger, type TriggerExplanation } from "./trigger.ts";

type TriggerArguments = readonly Trigger[] | readonly [readonly Trigger[]];

/** Fires when every one fires; with none given it always does. Stops at the first that does not. */
export function allOf(...triggers: TriggerArguments): Trigger {
  const list = toList("allOf", triggers);
  return named("allOf", async (statistics, now) => {
    const children = await evaluateUntil(list, statistics, now, false);
    return {
      name: "allOf",
      fired: children.every((child) => child.fired && child.evaluated !== false),
      children,
    };
  });
}

/** Fires when at least one fires; with none given it never does. Stops at the first that fires. */
export function anyOf(...triggers: TriggerArguments): Trigger {
  const list = toList("anyOf", triggers);
  return named("anyOf", async (statistics, now) => {
    const children = await evaluateUntil(list, statistics, now, true);
    return { name: "anyOf", fired: children.some((child) => child.fired), children };
  });
}

/** Fires when the other does not. */
export function not(trigger: Trigger): Trigger {
  const [inner] = toList("not", [trigger]);
  return named("not", async (statistics, now) => {
    const child = inner === undefined ? undefined : await explain(inner, statistics, now);
    return { name: "not", fired: child?.fired === false, ...(child && { children: [child] }) };
  });
}

/** Asks one trigger and gives its answer a form with reasons. */
export async function explain(
  trigger: Trigger,
  statistics: SessionStatistics,
  now: number,
): Promise<TriggerExplanation> {
  const answer: unknown = await trigger(statistics, now);
  const name = trigger.name || "custom";
  if (typeof answer !== "object" || answer === null) return { name, fired: Boolean(answer) };
  const explanation = answer as Partial<TriggerExplanation>;
  if (typeof explanation.fired !== "boolean") {
    throw new ConfigurationError(
      `Expected \`fired\` of the trigger ${name} to be true or false, got ${describe(explanation.fired)}`,
    );
  }
  const { children: given, ...rest } = explanation;
  const children = explainedParts(given, [answer]);
  return {
    ...rest,
    ...(children && { children }),
    name: typeof explanation.name === "string" ? explanation.name : name,
    fired: explanation.fired,
  };
}

async function evaluateUntil(
  triggers: readonly Trigger[],
  statistics: SessionStatistics,
  now: number,
  decisive: boolean,
): Promise<readonly TriggerExplanation[]> {
  const children: TriggerExplanation[] = [];
  let decided = false;
  for (const trigger of triggers) {
    if (decided) {
      children.push({ name: trigger.name || "custom", fired: false, evaluated: false });
      continue;
    }
    const child = await explain(trigger, statistics, now);
    children.push(child);
    decided = child.fired === decisive;
  }
  return children;
}

function toList(name: string, triggers: TriggerArguments): readonly Trigger[] {
  const [first] = triggers;
  const list = (triggers.length === 1 && Array.isArray(first) ? first : triggers) as readonly Trigger[];
  for (const trigger of list) {
    if (typeof trigger !== "function") {
      throw new ConfigurationError(
        `Expected each trigger of \`${name}\` to be a function, got ${describe(trigger)}`,
      );
    }
  }
  return [...list];
}
