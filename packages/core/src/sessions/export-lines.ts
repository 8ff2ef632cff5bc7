import { ConfigurationError, StoredDataError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";

/** Text, or UTF-8, cut into lines or anywhere else. */
export type ExportChunks =
  | string
  | Uint8Array
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>;

/** A line that is not blank, and its number, from 1. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

/**
 * The lines in chunks of any cut. A chunk without a line end that begins a line and is a whole JSON object is a line as well,
 * as readers of lines hand them out: nothing but blanks could follow it on its line.
 * @throws ConfigurationError for what holds no chunks, StoredDataError for bytes that are no UTF-8
 */
export async function* linesOf(chunks: ExportChunks): AsyncGenerator<NumberedLine, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let open: string[] = [];
  let number = 1;
  let isLineEndDue = false;
  const closed = (): NumberedLine => {
    const text = open.join("");
    open = [];
    return { number: number++, text };
  };
  for await (const chunk of pieces(chunks)) {
    const parts = textOf(chunk, decoder, number).split("\n");
    const last = parts.pop() ?? "";
    for (const part of parts) {
      // The line was handed out before its end came.
      const isEndAlone = isLineEndDue && open.length === 0 && part.trim() === "";
      isLineEndDue = false;
      if (isEndAlone) continue;
      open.push(part);
      const line = closed();
      if (line.text.trim() !== "") yield line;
    }
    if (last === "") continue;
    const isWhole = open.length === 0 && isObject(last);
    open.push(last);
    isLineEndDue = isWhole;
    if (isWhole) yield closed();
  }
  open.push(decoded(() => decoder.decode(), number));
  const rest = closed();
  if (rest.text.trim() !== "") yield rest;
}

function pieces(chunks: ExportChunks): Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array> {
  if (typeof chunks === "string" || chunks instanceof Uint8Array) return [chunks];
  const given = chunks as Partial<AsyncIterable<string> & Iterable<string>> | null | undefined;
  if (given?.[Symbol.asyncIterator] !== undefined || given?.[Symbol.iterator] !== undefined) return chunks;
  throw new ConfigurationError(
    `Expected \`lines\` to be text, or an iterable of text or bytes, got ${describe(chunks)}`,
  );
}

function textOf(chunk: unknown, decoder: TextDecoder, number: number): string {
  if (typeof chunk === "string") return chunk;
  if (chunk instanceof Uint8Array) return decoded(() => decoder.decode(chunk, { stream: true }), number);
  throw new ConfigurationError(`Expected \`lines\` to hold text or bytes, got ${describe(chunk)}`);
}

function decoded(decode: () => string, number: number): string {
  try {
    return decode();
  } catch {
    throw new StoredDataError(`Expected the export to be UTF-8, which it is not from line ${number} on`);
  }
}

function isObject(text: string): boolean {
  if (!text.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
