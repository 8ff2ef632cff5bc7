/** Seeds are so far apart: neighbouring ones have runs in common. */
export const FURTHER = 0x9e3779b1;

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
  /** Runs and changes since the last time, and the heap after a collection, in bytes. */
  | { readonly kind: "end"; readonly runs: number; readonly steps: number; readonly heap: number };
