/** Writes a record as text: a heading for each field that holds something, a line for each entry. */
export function renderRecord(record: unknown): string {
  if (typeof record !== "object" || record === null) return String(record);
  return Object.entries(record)
    .map(([field, value]) => ({ heading: headingOf(field), lines: linesOf(value) }))
    .filter(({ lines }) => lines.length > 0)
    .map(({ heading, lines }) => [`${heading}:`, ...lines.map((line) => `- ${line}`)].join("\n"))
    .join("\n");
}

/** "openTasks" and "open_tasks" read "Open tasks". */
function headingOf(field: string): string {
  const words = field
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function linesOf(value: unknown): readonly string[] {
  if (value === null || value === undefined || value === "") return [];
  if (value instanceof Date) return [value.toISOString()];
  if (value instanceof Set) return linesOf([...value]);
  if (value instanceof Map) return linesOf(Object.fromEntries(value));
  if (Array.isArray(value)) return value.flatMap(linesOf);
  if (typeof value !== "object") return [String(value)];
  const { name, what, ...others } = value as { name?: unknown; what?: unknown };
  // The entities of the default schema read better without their keys.
  if (typeof name === "string" && typeof what === "string" && Object.keys(others).length === 0)
    return [`${name}: ${what}`];
  const parts = Object.entries(value).flatMap(([key, inner]) => {
    const lines = linesOf(inner);
    return lines.length === 0 ? [] : [`${key} ${lines.join("; ")}`];
  });
  return parts.length === 0 ? [] : [parts.join(", ")];
}
