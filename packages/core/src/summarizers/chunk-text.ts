import { ConfigurationError } from "../shared/errors.ts";
import { describe, requirePositive } from "../shared/validate.ts";

/** Measures a text, in tokens or in characters. */
export type TextSize = (text: string) => number;

/**
 * Cuts text into pieces of at most `budget`, at line ends; a line that is longer is cut inside, never inside a code
 * point. The pieces make up the text; none for an empty one.
 * @throws ConfigurationError for a budget that is no number above 0, and for a size that measures no number.
 */
export function chunkText(
  text: string,
  budget: number,
  size: TextSize = (piece) => piece.length,
): readonly string[] {
  if (typeof text !== "string")
    throw new ConfigurationError(`Expected \`text\` to be a string, got ${describe(text)}`);
  if (typeof size !== "function")
    throw new ConfigurationError(`Expected \`size\` to be a function, got ${describe(size)}`);
  return packChunks(text.match(/[^\n]*\n|[^\n]+/g) ?? [], budget, size);
}

/**
 * Fills chunks with blocks of text, in order, each chunk with as many as fit into `budget`. A block that is larger alone
 * is cut at its lines, a line at its code points. Joined, the chunks are the joined blocks.
 */
export function packChunks(blocks: readonly string[], budget: number, measure: TextSize): readonly string[] {
  requirePositive("budget", budget);
  const size = checked(measure);
  const chunks: string[] = [];
  let open: string[] = [];
  let filled = 0;
  const close = (): void => {
    chunks.push(...joinedWithin(open, budget, size));
    open = [];
    filled = 0;
  };
  const add = (block: string, cost: number): void => {
    if (filled + cost > budget) close();
    open.push(block);
    filled += cost;
  };
  for (const block of blocks) {
    const cost = size(block);
    if (cost <= budget) {
      add(block, cost);
      continue;
    }
    close();
    for (const part of splitBlock(block, budget, size)) add(part, size(part));
  }
  close();
  return chunks;
}

/**
 * The joined blocks, in more than one piece where they are larger together than one by one: a counter that rounds down
 * finds nothing in a short line, and something in a thousand of them.
 */
function joinedWithin(blocks: readonly string[], budget: number, size: TextSize): readonly string[] {
  const joined = blocks.join("");
  if (joined === "") return [];
  if (blocks.length === 1 || size(joined) <= budget) return [joined];
  const half = Math.ceil(blocks.length / 2);
  return [
    ...joinedWithin(blocks.slice(0, half), budget, size),
    ...joinedWithin(blocks.slice(half), budget, size),
  ];
}

/** Parts of a block that is larger than the budget: its lines, and of lines that are larger themselves, stretches. */
function splitBlock(block: string, budget: number, size: TextSize): readonly string[] {
  const lines = block.match(/[^\n]*\n|[^\n]+/g) ?? [];
  return lines.flatMap((line) => (size(line) <= budget ? [line] : splitLine(line, budget, size)));
}

function splitLine(line: string, budget: number, size: TextSize): readonly string[] {
  const parts: string[] = [];
  // Start from the line's own rate, so that a slow counter is asked a few times a part and not once a character.
  const rate = Math.max(1, Math.floor((line.length / size(line)) * budget));
  for (let from = 0; from < line.length; ) {
    let length = Math.min(rate, line.length - from);
    while (length > 1 && size(slice(line, from, length)) > budget)
      length = Math.max(1, Math.floor(length * 0.8));
    const part = slice(line, from, length);
    parts.push(part);
    from += part.length;
  }
  return parts;
}

/** The same measure. What it measures is compared and divided by, so that a wrong figure would cut for ever. */
function checked(measure: TextSize): TextSize {
  return (text) => {
    const size: unknown = measure(text);
    if (typeof size === "number" && Number.isFinite(size) && size >= 0) return size;
    throw new ConfigurationError(`Expected \`size\` to return a number >= 0, got ${describe(size)}`);
  };
}

/** So many UTF-16 units from `from` on; one more or one less where a code point would be split. */
function slice(line: string, from: number, length: number): string {
  const end = from + length;
  const splits = isHigh(line.charCodeAt(end - 1)) && isLow(line.charCodeAt(end));
  return line.slice(from, splits ? (length > 1 ? end - 1 : end + 1) : end);
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
