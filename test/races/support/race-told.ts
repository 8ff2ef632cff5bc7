import type { Place } from "../../crash/support/place.ts";

/** Key of the session that is raced for. */
export interface RaceKey {
  readonly appName: string;
  readonly userId: string;
  readonly sessionId: string;
}

/** What a racing process is to do. */
export interface RacerJob {
  readonly place: Place;
  readonly key: RaceKey;
  /** Prefix of the ids of what it says. */
  readonly name: string;
  readonly turns: number;
  readonly mode: "inline" | "background";
  readonly leaseMs: number;
  /** File in which calls of the summarizer are noted. */
  readonly calls: string;
}

/** What it tells. */
export type RacerTold =
  | { readonly kind: "ready" }
  | { readonly kind: "appended"; readonly id: string; readonly seq: number }
  | { readonly kind: "outcome"; readonly outcome: string }
  | { readonly kind: "retrying"; readonly code: string }
  | { readonly kind: "done" };

/** Begin or end of a call of the summarizer. */
export interface SummarizerCall {
  readonly name: string;
  readonly what: "begun" | "ended";
  /** Nanoseconds since some moment that is the same for all processes of the machine. */
  readonly at: string;
}
