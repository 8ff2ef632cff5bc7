import type { JsonPath } from "./formats/transcript.ts";
import { lineOf } from "./json-lines.ts";
import { UserError } from "./user-error.ts";

/** One value of a file: a line of JSONL, or an entry of the list that the whole file is. */
export interface JsonRecord {
  readonly value: unknown;
  /** The line, from 1, on which something within the value begins. */
  lineOf(path: JsonPath): number;
}

/**
 * Cuts text into JSON values: one a line, or one document, whose list counts as its entries.
 * @throws UserError with file and line for what is no JSON, and for a file without a value.
 */
export function jsonRecords(text: string, file: string): readonly JsonRecord[] {
  const lines = text
    .split("\n")
    .map((line, at) => ({ line, number: at + 1 }))
    .filter(({ line }) => line.trim() !== "");
  const [first, second] = lines;
  if (first === undefined) throw new UserError(`${file} is empty`);
  const start = parse(first.line);
  if ("value" in start && second !== undefined)
    return lines.map(({ line, number }) => {
      const parsed = parse(line);
      if ("problem" in parsed) throw new UserError(`${file}:${number}: ${parsed.problem}`);
      return { value: parsed.value, lineOf: () => number };
    });
  const whole = second === undefined ? start : parse(text);
  if ("problem" in whole) {
    // The first line of a printed document breaks off at a bracket or comma; a damaged line of JSONL rarely does.
    const isJsonl = !/[[{,]\s*$/.test(first.line) && second !== undefined && "value" in parse(second.line);
    const number = isJsonl || second === undefined ? first.number : whole.line;
    throw new UserError(
      `${file}:${number}: ${isJsonl && "problem" in start ? start.problem : whole.problem}`,
    );
  }
  const { value } = whole;
  if (!Array.isArray(value)) return [{ value, lineOf: (path) => lineOf(text, path) }];
  if (value.length === 0) throw new UserError(`${file} holds an empty list`);
  return value.map((entry: unknown, at) => ({
    value: entry,
    lineOf: (path) => lineOf(text, [at, ...path]),
  }));
}

function parse(text: string): { value: unknown } | { problem: string; line: number } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const { message } = error as Error;
    const position = Number(/at position (\d+)/.exec(message)?.[1] ?? text.length);
    const reason = message.replace(/ in JSON at position.*$/s, "").replace(/, "?.*is not valid JSON$/s, "");
    return { problem: `not valid JSON (${reason})`, line: text.slice(0, position).split("\n").length };
  }
}
