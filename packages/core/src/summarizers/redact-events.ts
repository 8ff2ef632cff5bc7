import { copyEvent } from "../events/create-event.ts";
import type { SessionEvent } from "../events/session-event.ts";
import { deepCopy } from "../shared/deep-copy.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { jsonText } from "../shared/json-text.ts";
import { describe } from "../shared/validate.ts";
import { SessionSummary } from "../summaries/session-summary.ts";

/** Takes out of a text what must not be read on. */
export type Redact = (text: string) => string;

/**
 * The same function, which fails where it returns no text: what it made of a message would pass for an empty one.
 * What it returns throws a ConfigurationError then.
 */
export function checkedRedact(redact: Redact): Redact {
  return (text) => {
    const redacted: unknown = redact(text);
    if (typeof redacted === "string") return redacted;
    throw new ConfigurationError(`Expected \`redact\` to return a text, got ${describe(redacted)}`);
  };
}

/** What says what a thing is, and which one: a redacted id would no longer find what it belongs to. */
const STRUCTURE = new Set(["type", "id", "role", "tool_call_id", "index", "status", "mimeType", "mime_type"]);
/** Fields of a message that carry what was said and done. */
const CONTENT = [
  "content",
  "name",
  "tool_calls",
  "invalid_tool_calls",
  "additional_kwargs",
  "artifact",
] as const;

/** A copy of an event in which all that was said and done, names included, went through `redact`. */
export function redactEvent(event: SessionEvent, redact: Redact): SessionEvent {
  const copy = copyEvent(event);
  const message = copy.message as unknown as Record<string, unknown> | undefined;
  for (const field of CONTENT) {
    const value = message?.[field];
    if (message === undefined || value === undefined) continue;
    const texts = field === "tool_calls" ? redactArguments(value as readonly unknown[], redact) : value;
    message[field] = redactData(texts, redact);
  }
  return {
    ...copy,
    author: redact(copy.author),
    ...(copy.branch !== undefined && { branch: redact(copy.branch) }),
  };
}

/** A copy of plain data with every text in it, keys apart, redacted. */
export function redactData<T>(value: T, redact: Redact): T {
  return deepCopy(value, (text, key) => (key !== undefined && STRUCTURE.has(key) ? text : redact(text)));
}

/**
 * Arguments are redacted as the JSON that a transcript shows, since many a value is a secret by its key alone, and a key
 * may hold one. Where a marker breaks the JSON, its text stands for them.
 */
function redactArguments(calls: readonly unknown[], redact: Redact): readonly unknown[] {
  return calls.map((call) => {
    const { args } = (call ?? {}) as { args?: unknown };
    if (typeof args !== "object" || args === null) return call;
    const text = jsonText(args);
    const redacted = redact(text);
    return redacted === text ? call : { ...(call as object), args: parsed(redacted) };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The same summary with its text and its data redacted. */
export function redactSummary(summary: SessionSummary, redact: Redact): SessionSummary {
  return new SessionSummary({
    ...summary,
    text: redact(summary.text),
    metadata: redactData(summary.metadata, redact),
  });
}
