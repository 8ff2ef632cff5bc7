import { deepCopy } from "../shared/deep-copy.ts";
import type { Redact } from "./redact-events.ts";

/**
 * A copy of data with every text in it redacted, keys included. It is read as JSON first, since many a value is a secret by
 * its key alone. Where a marker breaks the JSON, its text stands for the data.
 */
export function redactData(value: unknown, redact: Redact): unknown {
  if (typeof value === "string") return redact(value);
  const json = jsonOf(value);
  if (json === undefined) return deepCopy(value, (text, key) => redactPair(text, key, redact), redact);
  const redacted = redact(json);
  const read = redacted === json ? value : parsed(redacted);
  // Texts are looked at as they are, too: in JSON they are escaped.
  return typeof read === "string" ? read : deepCopy(read, redact, redact);
}

/** The same for an object that must stay one: where a marker breaks the JSON, it is that of one field. */
export function redactFields(
  fields: Readonly<Record<string, unknown>>,
  redact: Redact,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => {
      const redacted = redactData({ [key]: value }, redact);
      return typeof redacted === "string" ? [[redact(key), redacted]] : Object.entries(redacted as object);
    }),
  );
}

/**
 * The text that was made of data, without what is a secret in the data by its key alone: a text may tell it without that
 * key, or tell the key another way.
 */
export function withoutSecretsOf(data: unknown, text: string, redact: Redact): string {
  let told = text;
  deepCopy(data, (value, key) => {
    const shown = redactPair(value, key, redact);
    if (shown !== redact(value)) told = told.replaceAll(value, () => shown);
    return value;
  });
  return told;
}

/** Undefined for what is no JSON: a cycle, a BigInt, too deep. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return undefined;
  }
}

/** A text that stands under a key, by which it may be a secret. */
function redactPair(text: string, key: string | undefined, redact: Redact): string {
  if (key === undefined) return redact(text);
  const pair = JSON.stringify({ [key]: text });
  const redacted = redact(pair);
  if (redacted === pair) return redact(text);
  const read = parsed(redacted);
  const [value] = typeof read === "object" && read !== null ? Object.values(read) : [read];
  return redact(typeof value === "string" ? value : redacted);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
