import { ConfigurationError, describe } from "@sessionfold/core";
import { errorOf } from "./asserts/asserts.ts";
import { ConformanceFailure } from "./conformance-failure.ts";
import { type Exemption, reasonsOf } from "./exemptions.ts";
import type { CheckedRule } from "./rule.ts";
import type { TestRunner } from "./test-runner.ts";

/** Registers a test for every rule, in groups. One with an exemption must fail: else the exemption is out of date. */
export function registerRules<Kit>(
  runner: TestRunner,
  title: string,
  rules: readonly CheckedRule<Kit>[],
  exemptions: readonly Exemption[],
  run: (rule: CheckedRule<Kit>) => Promise<void>,
): void {
  const test = runner?.test ?? runner?.it;
  if (typeof runner?.describe !== "function" || typeof test !== "function") {
    throw new ConfigurationError(
      `Expected \`runner\` to have the functions describe and test (or it), got ${describe(runner)}`,
    );
  }
  const reasons = reasonsOf(exemptions, rules);
  runner.describe(title, () => {
    for (const group of new Set(rules.map((rule) => rule.group))) {
      runner.describe(group, () => {
        for (const rule of rules.filter((each) => each.group === group)) {
          const reason = reasons.get(rule.id);
          if (reason === undefined) test(`${rule.id}: ${rule.title}`, () => run(rule));
          else test(`${rule.id}: exempt, ${reason}`, () => mustFail(rule, run));
        }
      });
    }
  });
}

async function mustFail<Kit>(
  rule: CheckedRule<Kit>,
  run: (rule: CheckedRule<Kit>) => Promise<void>,
): Promise<void> {
  if ((await errorOf(() => run(rule))) !== undefined) return;
  throw new ConformanceFailure(`The rule "${rule.id}" holds: take its exemption out`);
}
