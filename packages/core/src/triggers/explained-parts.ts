import type { TriggerExplanation } from "./trigger.ts";

/** Parts of one explanation that are taken over. No sensible trigger has more. */
const MOST_PARTS = 1000;

/**
 * The `children` that somebody's trigger has answered with, as a tree that anybody may walk: what is no explanation, stands
 * in a circle or is past all measure is left out. Undefined where they are no list.
 */
export function explainedParts(
  children: unknown,
  above: readonly unknown[],
  left: { parts: number } = { parts: MOST_PARTS },
): readonly TriggerExplanation[] | undefined {
  if (!Array.isArray(children)) return undefined;
  const parts: TriggerExplanation[] = [];
  for (const child of children as readonly unknown[]) {
    if (left.parts === 0) break;
    if (typeof child !== "object" || child === null || above.includes(child)) continue;
    left.parts--;
    const { name, fired, children: within, ...rest } = child as Partial<TriggerExplanation>;
    const inner = explainedParts(within, [...above, child], left);
    parts.push({
      ...rest,
      name: typeof name === "string" ? name : "custom",
      fired: fired === true,
      ...(inner && { children: inner }),
    });
  }
  return parts;
}
