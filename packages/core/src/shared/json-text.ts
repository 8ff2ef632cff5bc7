/** A value as JSON, "{}" for none. What is no JSON (a cycle, a BigInt, too deep) is named instead of thrown. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value ?? {}) ?? "{}";
  } catch {
    return '"(not JSON)"';
  }
}
