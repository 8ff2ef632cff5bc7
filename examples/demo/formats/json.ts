import { type JsonPath, ShapeError } from "./transcript.ts";

/** An object as JSON has it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Runs a reader on each entry of a list; an error then tells which one it was. */
export function readEach<T>(
  list: readonly unknown[],
  noun: string,
  read: (entry: JsonObject, at: number) => T,
): T[] {
  return list.map((entry, at) => {
    try {
      if (!isObject(entry)) throw new ShapeError(`Expected an object, got ${describe(entry)}`);
      return read(entry, at);
    } catch (error) {
      const path: JsonPath = error instanceof ShapeError ? error.path : [];
      throw new ShapeError(`${noun} ${at + 1}: ${(error as Error).message}`, [at, ...path]);
    }
  });
}

/** A string, or undefined where there is none. */
export function optionalText(object: JsonObject, field: string): string | undefined {
  const value = object[field] ?? undefined;
  if (value !== undefined && typeof value !== "string")
    throw new ShapeError(`Expected \`${field}\` to be a string, got ${describe(value)}`);
  return value;
}

/** A string that must be there. */
export function requiredText(object: JsonObject, field: string): string {
  const value = optionalText(object, field);
  if (value === undefined) throw new ShapeError(`Expected \`${field}\` to be a string, got nothing`);
  return value;
}

/** A list, empty where there is none. */
export function optionalList(object: JsonObject, field: string): readonly unknown[] {
  const value = object[field] ?? [];
  if (!Array.isArray(value))
    throw new ShapeError(`Expected \`${field}\` to be a list, got ${describe(value)}`);
  return value;
}

/** Arguments of a tool call as LangChain wants them: an object, whatever the file has. */
export function toolArguments(value: unknown): Record<string, unknown> {
  if (isObject(value)) return { ...value };
  if (value === undefined || value === null || value === "") return {};
  if (typeof value !== "string") return { input: value };
  try {
    const parsed: unknown = JSON.parse(value);
    if (isObject(parsed)) return { ...parsed };
  } catch {
    // A model's arguments need not be JSON; the text itself is what it said.
  }
  return { input: value };
}

/** A value in a few words, for messages. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) {
    const keys = Object.keys(value).slice(0, 5);
    return keys.length === 0 ? "an empty object" : `an object with ${keys.join(", ")}`;
  }
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
