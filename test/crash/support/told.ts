import type { Place } from "./place.ts";

/** What a child is to do. */
export interface WriterJob {
  readonly place: Place;
  readonly sessionId: string;
  /** Number of the first entry that nobody has acknowledged. */
  readonly from: number;
  readonly mode: "inline" | "background";
  /** Of the child's own choices. */
  readonly seed: number;
}

/** What a child tells, a line each: what it is about to do, and what the store has acknowledged. */
export type Told =
  | { readonly kind: "ready" }
  | { readonly kind: "open" }
  | { readonly kind: "appending"; readonly at: number }
  | { readonly kind: "appended"; readonly at: number; readonly seq: number }
  | { readonly kind: "committing"; readonly summary: string }
  | { readonly kind: "summarized"; readonly summary: string }
  | { readonly kind: "hiding"; readonly summary: string }
  | { readonly kind: "hidden"; readonly mark: string }
  | { readonly kind: "deleting"; readonly ids: readonly string[] }
  | { readonly kind: "pruned"; readonly ids: readonly string[] }
  | { readonly kind: "asking"; readonly id: string }
  | { readonly kind: "stored"; readonly id: string; readonly seq: number }
  | { readonly kind: "retrying"; readonly code: string };
