/** Who an item comes from. */
export type ExtractRole = "user" | "assistant" | "tool" | "system";

/** One event of a session, as the extractive summarizer sees it. */
export interface ExtractItem {
  /** Where the item comes from; `system` items are left out of a summary. */
  readonly role: ExtractRole;
  /** Display name: who said it. */
  readonly author: string;
  /** What was said, or what a tool returned. */
  readonly text: string;
  /** Calls that an assistant item makes. */
  readonly toolCalls?: readonly { readonly name: string; readonly args: unknown }[];
  /** For a tool result: the tool that returned it. */
  readonly toolName?: string;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number;
}

/** Limits of one extraction. */
export interface ExtractOptions {
  /** The summary never has more tokens than this, by `countTokens`. */
  readonly maxTokens: number;
  /** Counts the tokens of a text; called a handful of times, on texts near the budget's size. */
  readonly countTokens: (text: string) => number;
}

/** What a line of the summary is, which decides how it is written out. */
export type PieceKind = "said" | "mention";

/**
 * A candidate for the summary, the smallest thing that is kept or dropped as a whole.
 * Pieces are ranked once; a summary is a prefix of that ranking, written in the session's order.
 */
export interface Piece {
  /** Index of the item it comes from. */
  readonly item: number;
  /** Position inside the item: sentence number, or call number. */
  readonly order: number;
  readonly kind: PieceKind;
  /** What is shown of it, without the label. */
  readonly text: string;
  /** What the line starts with: the speaker, or the tool's name. */
  readonly label: string;
}
