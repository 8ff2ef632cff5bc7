import type { Contestant } from "./contestants/contestant.ts";

/** One thing that a script observes. */
export interface Figure {
  readonly name: string;
  /** Which way is better. */
  readonly better: "less" | "more" | "yes" | "no" | "neither";
  /** Differences up to this share of the larger figure are none: for times. Default 0. */
  readonly slack?: number;
  /** Differences up to this are none, in the figure's own unit. Default 0. */
  readonly floor?: number;
  /** Digits behind the point when printed. Default 0. */
  readonly digits?: number;
}

/** What was observed, by the figures' names. Undefined: does not apply to this contestant. */
export type Observed = Readonly<Record<string, number | boolean | undefined>>;

/** A script that every contestant plays. */
export interface Script {
  readonly title: string;
  /** What happens in it, in a sentence or two. */
  readonly what: string;
  readonly figures: readonly Figure[];
  /** It takes seconds, or measures times: not for the tests. Default false. */
  readonly isSlow?: boolean;
  /** How often it is played, contestants in turn; the medians count. Default 1. */
  readonly rounds?: number;
  play(contestant: Contestant): Promise<Observed>;
}

/** How ours compares. */
export type Verdict = "better" | "equal" | "worse";

/** Compares our figure with a peer's. A figure that does not apply to one of them is equal. */
export function compare(figure: Figure, ours: Observed[string], peer: Observed[string]): Verdict {
  if (figure.better === "neither" || ours === undefined || peer === undefined) return "equal";
  const difference = Number(ours) - Number(peer);
  const noise = Math.max(
    figure.floor ?? 0,
    (figure.slack ?? 0) * Math.max(Math.abs(Number(ours)), Math.abs(Number(peer))),
  );
  if (Math.abs(difference) <= noise) return "equal";
  const isMore = figure.better === "more" || figure.better === "yes";
  return difference > 0 === isMore ? "better" : "worse";
}

/** Ours against all peers: worse if it is worse than one, better if it is better than one and worse than none. */
export function verdict(figure: Figure, ours: Observed[string], peers: readonly Observed[string][]): Verdict {
  const each = peers.map((peer) => compare(figure, ours, peer));
  if (each.includes("worse")) return "worse";
  return each.includes("better") ? "better" : "equal";
}
