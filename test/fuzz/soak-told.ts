/** Seeds are so far apart: neighbouring ones have runs in common. */
export const FURTHER = 0x9e3779b1;

/** A child says so often, in milliseconds, that it is there. */
export const ALIVE_MS = 5000;

/** What a child tells of its work. */
export type Told =
  | { readonly kind: "begin"; readonly name: string; readonly seed: number }
  | {
      readonly kind: "failed";
      readonly name: string;
      readonly seed: number;
      readonly path: string;
      readonly report: string;
    }
  /** Runs that have ended since the beginning of the property, those that make a failure smaller too. */
  | { readonly kind: "alive"; readonly ended: number }
  /** Runs and changes since the last time, and the heap after a collection, in bytes. */
  | { readonly kind: "end"; readonly runs: number; readonly steps: number; readonly heap: number };
