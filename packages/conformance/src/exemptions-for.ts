import type { Exemption } from "./exemptions.ts";
import type { Need } from "./rule.ts";
import { SESSION_SERVICE_RULES } from "./service/session-service-rules.ts";

/**
 * Exemptions from all rules of `SESSION_SERVICE_RULES` that need what a service cannot do, each with the reason given for
 * that. Rules that come later are exempted as well.
 */
export function exemptionsFor(
  reasons: {
    readonly [need in Need]?: string | undefined;
  },
): readonly Exemption[] {
  return SESSION_SERVICE_RULES.flatMap(({ id, needs = [] }) => {
    const reason = needs.map((need) => reasons[need]).find((each) => each !== undefined);
    return reason === undefined ? [] : [{ rule: id, reason }];
  });
}
