import type { Place } from "../../crash/support/place.ts";
import type { RaceKey } from "./race-told.ts";

/** What a process that folds a session once is to do. */
export interface HolderJob {
  readonly place: Place;
  readonly key: RaceKey;
  readonly leaseMs: number;
  /** What its model answers, once it is handed one more line. */
  readonly text: string;
}

/** What it tells. */
export type HolderTold =
  | { readonly kind: "ready" }
  | { readonly kind: "asked" }
  | { readonly kind: "outcome"; readonly outcome: string }
  | { readonly kind: "done" };
