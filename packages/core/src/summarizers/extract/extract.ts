import { rankDialogue } from "./dialogue.ts";
import { fitPrefix } from "./fit.ts";
import type { Shared } from "./interleave.ts";
import { interleave } from "./interleave.ts";
import { workItems } from "./parts.ts";
import { render, segmentsOf } from "./render.ts";
import { wellFormed } from "./text.ts";
import type { ExtractItem, ExtractOptions, Piece } from "./types.ts";
import { rankWork } from "./work.ts";

/** Rankings go a little beyond the budget, so that the final fit has something to add. */
const SLACK = 1.3;
/** A few sentences beside a mountain of tool output are still heard, and the other way round. */
const LEAST_SHARE = 0.05;

/**
 * A summary of a session made of its own sentences, calls and names, without a model: readable text in the session's order,
 * never more than `maxTokens` by `countTokens`. The same input gives the same text. Empty input gives "".
 */
export function extract(items: readonly ExtractItem[], options: ExtractOptions): string {
  const { maxTokens, countTokens } = options;
  if (items.length === 0 || !(maxTokens > 0)) return "";
  const charsPerToken = ratioOf(items, countTokens);
  const budgetChars = maxTokens * charsPerToken * SLACK;
  const pieces = rank(items, budgetChars);
  const segments = segmentsOf(items);
  return fitPrefix(
    pieces.length,
    (k) => wellFormed(render(items, segments, pieces.slice(0, k))),
    maxTokens,
    countTokens,
    charsPerToken,
  );
}

/** Conversation and tool work are ranked apart, each by its own evidence, and share the budget by their size. */
function rank(items: readonly ExtractItem[], budgetChars: number): Piece[] {
  const work = workItems(items);
  const talkAt: number[] = [];
  const workAt: number[] = [];
  let talkChars = 0;
  let workChars = 0;
  items.forEach((item, index) => {
    if (item.role === "system") return;
    if (work[index] === 1) {
      workAt.push(index);
      workChars += item.text.length;
    } else {
      talkAt.push(index);
      talkChars += item.text.length;
    }
  });
  const talkShare = talkChars + workChars === 0 ? 0 : talkChars / (talkChars + workChars);
  const rankings: Shared[] = [];
  if (talkAt.length > 0) {
    const share = Math.max(LEAST_SHARE, talkShare);
    rankings.push({
      pieces: mapBack(rankDialogue(pickItems(items, talkAt), budgetChars * share), talkAt),
      share,
    });
  }
  if (workAt.length > 0) {
    const share = Math.max(LEAST_SHARE, 1 - talkShare);
    for (const part of rankWork(pickItems(items, workAt), budgetChars * share)) {
      rankings.push({ pieces: mapBack(part.pieces, workAt), share: part.share * share });
    }
  }
  return interleave(rankings);
}

function pickItems(items: readonly ExtractItem[], at: readonly number[]): ExtractItem[] {
  return at.flatMap((index) => items[index] ?? []);
}

function mapBack(pieces: readonly Piece[], at: readonly number[]): Piece[] {
  return pieces.map((piece) => ({ ...piece, item: at[piece.item] ?? 0 }));
}

/** Characters a token takes in this session, from a few slices spread over it. */
function ratioOf(items: readonly ExtractItem[], countTokens: (text: string) => number): number {
  const step = Math.max(1, Math.floor(items.length / 12));
  let sample = "";
  for (let at = 0; at < items.length && sample.length < 6_000; at += step)
    sample += `${(items[at]?.text ?? "").slice(0, 500)}\n`;
  const used = countTokens(sample);
  return used > 0 ? Math.max(0.25, Math.min(8, sample.length / used)) : 4;
}
