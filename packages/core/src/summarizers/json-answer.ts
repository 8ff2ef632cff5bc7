import type { z } from "zod";

/** A record out of an answer, or what is wrong with it, told without what the answer says. */
export type JsonAnswer<T> = { readonly record: T } | { readonly problem: string };

/**
 * Reads a record out of a model's answer: the JSON object in it, also behind words or in a fenced block, checked by the
 * schema.
 */
export function parseJsonAnswer<T>(answer: string, schema: z.ZodType<T>): JsonAnswer<T> {
  const from = answer.indexOf("{");
  const to = answer.lastIndexOf("}");
  if (from < 0 || to < from) return { problem: "there is no JSON object in the answer" };
  let value: unknown;
  try {
    value = JSON.parse(answer.slice(from, to + 1));
  } catch {
    return { problem: "the JSON object cannot be parsed" };
  }
  const result = schema.safeParse(value);
  if (result.success) return { record: result.data };
  const [issue] = result.error.issues;
  const where =
    issue === undefined || issue.path.length === 0 ? "the object" : issue.path.map(String).join(".");
  return { problem: `${where} does not fit the schema (${issue?.code ?? "unknown"})` };
}
