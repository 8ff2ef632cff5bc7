import { ConfigurationError, describe } from "@sessionfold/core";
import type { ConformanceRule } from "./rule.ts";

/** A rule that a service does not hold, and why that is right. */
export interface Exemption {
  /** Id of the rule. */
  readonly rule: string;
  /** Why the service need not hold it: for people, so a sentence. */
  readonly reason: string;
}

/**
 * The reasons of the exemptions by the ids of their rules.
 * @throws ConfigurationError for an unknown rule, one named twice, and a blank reason.
 */
export function reasonsOf(
  exemptions: readonly Exemption[],
  rules: readonly ConformanceRule[],
): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const { rule, reason } of exemptions) {
    if (!rules.some(({ id }) => id === rule))
      throw new ConfigurationError(`Expected \`rule\` to be the id of a rule, got ${describe(rule, true)}`);
    if (reasons.has(rule))
      throw new ConfigurationError(`Expected one exemption from a rule, got two from "${rule}"`);
    if (typeof reason !== "string" || reason.trim() === "") {
      throw new ConfigurationError(
        `Expected \`reason\` of the exemption from "${rule}" to be a sentence, got ${describe(reason)}`,
      );
    }
    reasons.set(rule, reason);
  }
  return reasons;
}
