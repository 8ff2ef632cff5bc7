import type { Piece } from "./types.ts";

/** A ranking and the share of the characters that it should have in any prefix of the result. */
export interface Shared {
  readonly pieces: readonly Piece[];
  readonly share: number;
}

/** Merges rankings so that every prefix holds about each one's share; what one cannot use goes to the others. */
export function interleave(rankings: readonly Shared[]): Piece[] {
  const merged: Piece[] = [];
  const next = rankings.map(() => 0);
  const spent = rankings.map(() => 0);
  for (;;) {
    let chosen = -1;
    let lowest = Number.POSITIVE_INFINITY;
    rankings.forEach((ranking, at) => {
      if ((next[at] ?? 0) >= ranking.pieces.length || ranking.share <= 0) return;
      const filled = (spent[at] ?? 0) / ranking.share;
      if (filled < lowest) {
        lowest = filled;
        chosen = at;
      }
    });
    if (chosen < 0) return merged;
    const piece = rankings[chosen]?.pieces[next[chosen] ?? 0];
    next[chosen] = (next[chosen] ?? 0) + 1;
    if (piece === undefined) continue;
    spent[chosen] = (spent[chosen] ?? 0) + piece.text.length + 4;
    merged.push(piece);
  }
}
