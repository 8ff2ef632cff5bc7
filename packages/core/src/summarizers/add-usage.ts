import type { SummaryUsage } from "../summaries/session-summary.ts";

/** What several calls cost together; null where one of them does not say. */
export function addUsage(usages: readonly (SummaryUsage | null | undefined)[]): SummaryUsage | null {
  const total = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  for (const usage of usages) {
    if (usage === null || usage === undefined) return null;
    total.inputTokens += usage.inputTokens;
    total.outputTokens += usage.outputTokens;
    total.totalTokens += usage.totalTokens;
  }
  return total;
}
