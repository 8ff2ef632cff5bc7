import type { ServiceKit } from "../kit/service-kit.ts";
import { asData, type CheckedRule, type ConformanceRule } from "../rule.ts";
import { APPEND_RULES } from "./append-rules.ts";
import { CLAIM_RULES } from "./claim-rules.ts";
import { DATA_RULES } from "./data-rules.ts";
import { DELETION_RULES } from "./deletion-rules.ts";
import { ERROR_RULES } from "./error-rules.ts";
import { EVENT_RULES } from "./event-rules.ts";
import { KEY_RULES } from "./key-rules.ts";
import { LIST_RULES } from "./list-rules.ts";
import { LOG_RULES } from "./log-rules.ts";
import { LONG_RULES } from "./long-rules.ts";
import { NAME_RULES } from "./name-rules.ts";
import { OWNERSHIP_RULES } from "./ownership-rules.ts";
import { POSITION_RULES } from "./position-rules.ts";
import { SESSION_RULES } from "./session-rules.ts";
import { SHARING_RULES } from "./sharing-rules.ts";
import { STATE_RULES } from "./state-rules.ts";

/** Every rule for a session service with its proof. */
export const CHECKED_SERVICE_RULES: readonly CheckedRule<ServiceKit>[] = [
  ...LOG_RULES,
  ...LONG_RULES,
  ...POSITION_RULES,
  ...APPEND_RULES,
  ...EVENT_RULES,
  ...DATA_RULES,
  ...KEY_RULES,
  ...NAME_RULES,
  ...SESSION_RULES,
  ...LIST_RULES,
  ...STATE_RULES,
  ...SHARING_RULES,
  ...CLAIM_RULES,
  ...OWNERSHIP_RULES,
  ...ERROR_RULES,
  ...DELETION_RULES,
];

/** What `sessionServiceConformance` checks, in order. */
export const SESSION_SERVICE_RULES: readonly ConformanceRule[] = asData(CHECKED_SERVICE_RULES);
