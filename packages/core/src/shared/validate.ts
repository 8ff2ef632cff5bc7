import type { z } from "zod";
import { ConfigurationError } from "./errors.ts";

/**
 * Says what came without quoting anything that could be conversation text or a key. Strings are quoted only where
 * `quote` says that they name one of a few things.
 */
export function describe(value: unknown, quote: boolean = false): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")
    return String(value);
  if (typeof value === "string") {
    return quote && value.length <= SHOWN_STRING
      ? JSON.stringify(value)
      : `a string of ${value.length} characters`;
  }
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  return `an object with ${Object.keys(value).slice(0, 8).join(", ") || "no fields"}`;
}

const SHOWN_STRING = 40;

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

/**
 * Checks options against a schema whose `error` texts say what is expected ("an integer >= 0").
 * @throws ConfigurationError "Expected `keep.turns` to be an integer >= 0, got -1".
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown, prefix: string = ""): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) throw new ConfigurationError("Invalid options");
  const path = issue.path.map(String);
  const name = [prefix, ...path].filter(Boolean).join(".") || "options";
  if (issue.code === "unrecognized_keys") {
    throw new ConfigurationError(
      `Unknown option \`${[prefix, ...path, issue.keys[0]].filter(Boolean).join(".")}\``,
    );
  }
  const got = describe(valueAt(value, issue.path), issue.code === "invalid_value");
  const expected =
    issue.code === "invalid_type" && issue.message.startsWith("Invalid input")
      ? `of the type ${issue.expected}`
      : issue.message;
  throw new ConfigurationError(`Expected \`${name}\` to be ${expected}, got ${got}`);
}

/** @throws ConfigurationError unless `value` is a finite number above 0. */
export function requirePositive(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  throw new ConfigurationError(`Expected \`${name}\` to be a number above 0, got ${describe(value)}`);
}

/** @throws ConfigurationError unless `value` is an object (and no list). */
export function requireObject(name: string, value: unknown): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new ConfigurationError(`Expected \`${name}\` to be an object, got ${describe(value)}`);
}
