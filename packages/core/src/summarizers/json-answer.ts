import type { z } from "zod";

/** A record out of an answer, or what is wrong with it, told without what the answer says. */
export type JsonAnswer<T> =
  /** `value` is the JSON as the model wrote it, `record` what the schema made of it. */
  { readonly record: T; readonly value: unknown } | { readonly problem: string };

/** Objects that are tried at most: an answer with more is no answer. */
const MOST_CANDIDATES = 50;

/**
 * Reads a record out of a model's answer: the first JSON object in it that fits the schema, also behind words that hold
 * braces themselves, or in a fenced block.
 */
export async function parseJsonAnswer<T>(answer: string, schema: z.ZodType<T>): Promise<JsonAnswer<T>> {
  let problem = "there is no JSON object in the answer";
  let tried = 0;
  for (let from = answer.indexOf("{"); from >= 0 && tried < MOST_CANDIDATES; tried++) {
    const to = endOfObject(answer, from);
    const value = to === undefined ? undefined : parsed(answer.slice(from, to));
    if (value !== undefined) {
      const result = await schema.safeParseAsync(value);
      if (result.success) return { record: result.data, value };
      problem = problemOf(result.error);
    } else if (tried === 0) problem = "the JSON object cannot be parsed";
    from = answer.indexOf("{", value !== undefined && to !== undefined ? to : from + 1);
  }
  return { problem };
}

function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const where =
    issue === undefined || issue.path.length === 0 ? "the object" : issue.path.map(String).join(".");
  return `${where} does not fit the schema (${issue?.code ?? "unknown"})`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Index behind the brace that closes the one at `from`; braces in strings do not count. */
function endOfObject(text: string, from: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return at + 1;
  }
  return undefined;
}
