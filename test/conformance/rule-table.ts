import { type ConformanceRule, SESSION_SERVICE_RULES, SUMMARIZING_RULES } from "@sessionfold/conformance";

/** The rules as the package's README lists them. */
export function ruleTables(): string {
  return [
    `For any session service:\n\n${table(SESSION_SERVICE_RULES)}`,
    `For one that folds:\n\n${table(SUMMARIZING_RULES)}`,
  ].join("\n\n");
}

function table(rules: readonly ConformanceRule[]): string {
  const rows = rules.map(({ id, title }) => `| \`${id}\` | ${title} |`);
  return ["| rule | what must hold |", "|---|---|", ...rows].join("\n");
}
