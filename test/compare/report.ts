import type { Contestant } from "./contestants/contestant.ts";
import { type Figure, type Observed, type Script, type Verdict, verdict } from "./figure.ts";

/** What became of a script: figures by contestant, or why it could not run. */
export interface Result {
  readonly script: Script;
  readonly observed: ReadonlyMap<Contestant, Observed>;
  readonly errors: ReadonlyMap<Contestant, unknown>;
  readonly seconds: number;
}

/** One figure of a script, side by side. */
export interface Row {
  readonly figure: Figure;
  /** As printed, in the contestants' order. */
  readonly cells: readonly string[];
  readonly verdict: Verdict | "-";
}

/** The rows of a script. */
export function rowsOf(result: Result, contestants: readonly Contestant[], ours: Contestant): readonly Row[] {
  return result.script.figures.map((figure) => {
    const values = contestants.map((contestant) => result.observed.get(contestant)?.[figure.name]);
    const isJudged = result.observed.has(ours) && figure.better !== "neither";
    const peers = values.filter((_, at) => contestants[at] !== ours);
    const own = values[contestants.indexOf(ours)];
    return {
      figure,
      cells: contestants.map((contestant, at) =>
        result.errors.has(contestant) ? "failed" : print(figure, values[at]),
      ),
      verdict: isJudged ? verdict(figure, own, peers) : "-",
    };
  });
}

/** The verdict on a script: worse if one figure is, better if one is and none is worse. */
export function overall(rows: readonly Row[]): Verdict | "-" {
  const verdicts = rows.map((row) => row.verdict);
  for (const one of ["worse", "better", "equal"] as const) if (verdicts.includes(one)) return one;
  return "-";
}

function print(figure: Figure, value: Observed[string]): string {
  if (value === undefined) return "-";
  if (typeof value === "boolean") return value ? "yes" : "no";
  const digits = figure.digits ?? 0;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

/** A table whose columns are as wide as they need to be; written so that it is a Markdown table too. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => (row[at] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, at) => (cells[at] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join(
    "\n",
  );
}

/** A script's own table. */
export function scriptReport(
  number: number,
  result: Result,
  contestants: readonly Contestant[],
  ours: Contestant,
): string {
  const head = ["what was observed", ...contestants.map((contestant) => contestant.name), "ours is"];
  const lines = rowsOf(result, contestants, ours).map((row) => {
    const wanted = WANTED[row.figure.better];
    const name = wanted === "" ? row.figure.name : `${row.figure.name} (${wanted})`;
    return [name, ...row.cells, row.verdict === "worse" ? "WORSE" : row.verdict];
  });
  const errors = [...result.errors].map(
    ([contestant, error]) => `\n\n${contestant.name} could not play: ${messageOf(error)}`,
  );
  return `### ${number}. ${result.script.title}\n\n${result.script.what}\n\n${table(head, lines)}${errors.join("")}`;
}

const WANTED = {
  more: "more is better",
  less: "less is better",
  yes: "yes is better",
  no: "no is better",
  neither: "",
} as const satisfies Record<Figure["better"], string>;

/** The verdicts on all scripts, and where ours is worse. */
export function overview(
  results: readonly Result[],
  contestants: readonly Contestant[],
  ours: Contestant,
): string {
  const lines = results.map((result, at) => {
    const verdict = overall(rowsOf(result, contestants, ours));
    return [
      `${at + 1}`,
      result.script.title,
      result.errors.size > 0 ? "could not be played" : verdict === "worse" ? "WORSE" : verdict,
      result.seconds.toFixed(1),
    ];
  });
  const count = (verdict: string): number => lines.filter((line) => line[2] === verdict).length;
  const worse = results.flatMap((result, at) =>
    rowsOf(result, contestants, ours)
      .filter((row) => row.verdict === "worse")
      .map((row) => [`${at + 1}`, result.script.title, row.figure.name, ...row.cells]),
  );
  const names = contestants.map((contestant) => contestant.name);
  const where =
    worse.length === 0
      ? "Ours is worse nowhere."
      : `Ours is worse here:\n\n${table(["", "script", "figure", ...names], worse)}`;
  return [
    `Of ${results.length} scripts ours is better in ${count("better")}, equal in ${count("equal")}, worse in ${count("WORSE")}.`,
    where,
    table(["", "script", "ours is", "seconds"], lines),
  ].join("\n\n");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
