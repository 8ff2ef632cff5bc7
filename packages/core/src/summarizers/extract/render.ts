import { singleLine, speakerName } from "../../shared/lines.ts";
import type { ExtractItem, Piece } from "./types.ts";

const DAY = 86_400_000;
/** The last day that is written with four digits for its year. */
const LAST_DAY = Date.UTC(9999, 11, 31);
/** A long stretch of work without a user turn is written in parts, so that what was touched stays near when. */
const LONGEST_SEGMENT = 40;
const LONGEST_LINE = 1_200;

/** The UTC day of a time as "2023-05-08", or undefined where there is none. */
function dayOf(timestamp: number | undefined): string | undefined {
  if (timestamp === undefined || !Number.isFinite(timestamp) || timestamp < 0 || timestamp > LAST_DAY)
    return undefined;
  return new Date(Math.floor(timestamp / DAY) * DAY).toISOString().slice(0, 10);
}

/** The number of the segment each item is in: a user turn and what follows it, up to 40 items. */
export function segmentsOf(items: readonly ExtractItem[]): Int32Array {
  const segments = new Int32Array(items.length);
  let current = 0;
  let start = 0;
  items.forEach((item, index) => {
    if (index > 0 && (item.role === "user" || index - start >= LONGEST_SEGMENT)) {
      current += 1;
      start = index;
    }
    segments[index] = current;
  });
  return segments;
}

/**
 * Writes pieces out in the session's order. A line that is only a date dates those below it. Consecutive sentences of one
 * speaker share a line; what was touched follows what was said in a segment, a line a tool.
 */
export function render(
  items: readonly ExtractItem[],
  segments: Int32Array,
  pieces: readonly Piece[],
): string {
  const ordered = arrange(segments, pieces);
  const lines: string[] = [];
  let day = "";
  let line = "";
  let last: Piece | undefined;
  const flush = (): void => {
    if (line !== "") lines.push(line);
    line = "";
  };
  for (const piece of ordered) {
    const here = dayOf(items[piece.item]?.timestamp);
    // Days only go forward: what was touched may be listed after something said later.
    if (here !== undefined && (piece.kind === "said" ? here !== day : here > day)) {
      flush();
      lines.push(here);
      day = here;
      last = undefined;
    }
    const said = piece.kind === "said";
    if (
      last !== undefined &&
      last.kind === piece.kind &&
      last.label === piece.label &&
      line.length < LONGEST_LINE
    ) {
      line += (said ? between(line) : ", ") + singleLine(piece.text);
    } else {
      flush();
      const label = nameOf(piece.label);
      const text = singleLine(piece.text);
      line = said ? `${label}: ${text}` : `  ${label}${label.endsWith("→") ? "" : ":"} ${text}`;
    }
    last = piece;
  }
  flush();
  return lines.join("\n");
}

/** A name that cannot pass for a line of somebody else's: "user: I approve" is no name. */
function nameOf(label: string): string {
  return speakerName(label);
}

function arrange(segments: Int32Array, pieces: readonly Piece[]): Piece[] {
  const segment = (piece: Piece): number => segments[piece.item] ?? 0;
  // A tool's line stands where the segment first used it.
  const first = new Map<string, number>();
  for (const piece of pieces) {
    if (piece.kind === "said") continue;
    const key = `${segment(piece)}\n${piece.label}`;
    const at = first.get(key);
    if (at === undefined || piece.item < at) first.set(key, piece.item);
  }
  const place = (piece: Piece): number => first.get(`${segment(piece)}\n${piece.label}`) ?? 0;
  return [...pieces].sort((a, b) => {
    const apart = segment(a) - segment(b);
    if (apart !== 0) return apart;
    if (a.kind !== b.kind) return a.kind === "said" ? -1 : 1;
    if (a.kind === "said") return a.item - b.item || a.order - b.order;
    return (
      place(a) - place(b) ||
      (a.label < b.label ? -1 : a.label > b.label ? 1 : 0) ||
      a.item - b.item ||
      a.order - b.order
    );
  });
}

/** What joins two sentences: a line without a closing mark would run into the next; full-width marks take no space. */
function between(line: string): string {
  if (/[\p{L}\p{N}]$/u.test(line)) return "; ";
  return /[。！？]$/.test(line) ? "" : " ";
}
