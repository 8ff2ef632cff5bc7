import type { SummarizingKit } from "../kit/summarizing-kit.ts";
import { asData, type CheckedRule, type ConformanceRule } from "../rule.ts";
import { CLOSE_RULES } from "./close-rules.ts";
import { FAULT_RULES } from "./fault-rules.ts";
import { FOLD_RULES } from "./fold-rules.ts";
import { JOB_RULES } from "./job-rules.ts";
import { RACE_RULES } from "./race-rules.ts";
import { UNDO_RULES } from "./undo-rules.ts";
import { VIEW_RULES } from "./view-rules.ts";
import { WINDOW_RULES } from "./window-rules.ts";

/** Every rule for a folding service with its proof. */
export const CHECKED_SUMMARIZING_RULES: readonly CheckedRule<SummarizingKit>[] = [
  ...FOLD_RULES,
  ...WINDOW_RULES,
  ...VIEW_RULES,
  ...UNDO_RULES,
  ...RACE_RULES,
  ...JOB_RULES,
  ...CLOSE_RULES,
  ...FAULT_RULES,
];

/** What `summarizingConformance` checks, in order. */
export const SUMMARIZING_RULES: readonly ConformanceRule[] = asData(CHECKED_SUMMARIZING_RULES);
