import type { Place } from "./place.ts";

/** What a child is to do that takes over sessions, deletes them, and makes storages for them, one after another. */
export interface TakerJob {
  readonly place: Place;
  /** Number of the first session that it makes. */
  readonly from: number;
}

/** What it tells. */
export type TakerTold =
  | { readonly kind: "ready" }
  | { readonly kind: "taking"; readonly at: number }
  | { readonly kind: "taken"; readonly at: number }
  | { readonly kind: "deleting"; readonly at: number }
  | { readonly kind: "deleted"; readonly at: number };

/** Sessions that are left before they are deleted again. */
export const SESSIONS_LEFT = 3;
/** Entries of each session. */
export const ENTRIES = 150;
