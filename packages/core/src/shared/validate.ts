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
  return `an object with ${fieldsIn(value)}`;
}

const SHOWN_STRING = 40;
const SHOWN_FIELDS = 8;
/** What a field of a program is called. A key may as well hold what was said, or a secret. */
const FIELD_NAME = /^[A-Za-z_$][\w$]{0,30}$/;

function fieldsIn(value: object): string {
  const fields = Object.keys(value);
  const shown = fields.slice(0, SHOWN_FIELDS);
  if (shown.every((field) => FIELD_NAME.test(field))) return shown.join(", ") || "no fields";
  return fields.length === 1 ? "one field" : `${fields.length} fields`;
}

const OPTION_NAME = /^(?:[A-Za-z_$][\w$]{0,30}|\d{1,10})$/;

/** The path of an option; keys that look like no option are left out of it. */
function pathOf(prefix: string, path: readonly PropertyKey[]): string {
  const keys = path.map(String).map((key) => (OPTION_NAME.test(key) ? key : "(a key)"));
  return [prefix, ...keys].filter(Boolean).join(".");
}

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
  const name = pathOf(prefix, issue.path) || "options";
  if (issue.code === "unrecognized_keys")
    throw new ConfigurationError(
      `Unknown option \`${pathOf(prefix, [...issue.path, issue.keys[0] ?? ""])}\``,
    );
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
