/** A whole number out of what a model gave, a numeral in a string too, kept within bounds; the default for all else. */
export function asInteger(given: unknown, least: number, most: number, fallback: number): number {
  const number = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
  if (typeof number !== "number" || Number.isNaN(number)) return fallback;
  return Math.min(most, Math.max(least, Math.trunc(number)));
}

/** Texts out of what a model gave: one, several, or a list written as JSON. Numbers count as texts. */
export function asTexts(given: unknown): readonly string[] {
  if (typeof given === "number") return [String(given)];
  if (typeof given === "string") {
    const parsed = given.trim().startsWith("[") ? fromJson(given) : undefined;
    return parsed === undefined ? [given].filter((text) => text.trim() !== "") : asTexts(parsed);
  }
  if (!Array.isArray(given)) return [];
  return given.filter((item) => typeof item === "string" || typeof item === "number").map(String);
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
