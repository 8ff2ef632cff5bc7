import type { TriggerExplanation } from "./trigger.ts";

/** The explanation in one line: `anyOf(tokens 8210 >= 8000, events 12 < 20) fired`. */
export function formatExplanation(explanation: TriggerExplanation): string {
  const { name, threshold, children, fired } = explanation;
  const what = threshold === undefined && children === undefined ? name : part(explanation);
  return `${what} ${fired ? "fired" : "did not fire"}`;
}

/** The names and figures of those parts that made it fire: `tokens 8210 >= 8000`. */
export function firedParts(explanation: TriggerExplanation): readonly string[] {
  if (!explanation.fired) return [];
  if (explanation.children === undefined || explanation.name === "not") return [part(explanation)];
  const parts = explanation.children.flatMap(firedParts);
  return parts.length > 0 ? parts : [explanation.name];
}

function part(explanation: TriggerExplanation): string {
  const { name, observed, threshold, strict, children } = explanation;
  if (explanation.evaluated === false) return `${name} not asked`;
  if (children !== undefined) return `${name}(${children.map(part).join(", ")})`;
  if (threshold === undefined) return `${name} ${explanation.fired ? "yes" : "no"}`;
  if (observed === undefined) return `${name} nothing to measure`;
  const relation = explanation.fired ? (strict ? ">" : ">=") : strict ? "<=" : "<";
  return `${name} ${round(observed)} ${relation} ${round(threshold)}`;
}

function round(figure: number): string {
  return String(Math.round(figure * 10) / 10);
}
