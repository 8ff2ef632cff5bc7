import { firedParts, formatExplanation } from "@sessionfold/core";
import { count, percent, plural, printable, short } from "./numbers.ts";
import { type Fold, type Replayed, reasonOf } from "./replay.ts";
import { table } from "./table.ts";

/** One row a fold, one line a failure; or why there was none. */
export function foldTable(replayed: Replayed): string {
  const { folds, failures, lastCheck } = replayed;
  const rows = folds.map(({ turn, event, outcome: { summary, before, after, explanation } }, at) => [
    String(at + 1),
    count(turn),
    count(event),
    `${count(before.events)} -> ${count(after.events)}`,
    percent(summary.compressionRatio),
    `${count(before.tokens)} -> ${count(after.tokens)}`,
    explanation === undefined ? summary.trigger : firedParts(explanation).join(", "),
  ]);
  const failed = failures.length === 0 ? [] : [failureLines(replayed)];
  if (rows.length === 0) {
    const parts = lastCheck === undefined ? [] : [`At the last check: ${whyNot(replayed)}.`];
    return [...failed, ["Nothing was folded.", ...parts].join(" ")].join("\n");
  }
  const heads = ["fold", "turn", "event", "events in window", "ratio", "tokens in window", "why it fired"];
  return [table(heads, rows, { left: [6] }), ...failed].join("\n");
}

/** One line for each fold that was tried in vain. */
export function failureLines({ failures }: Replayed): string {
  return failures
    .map(({ turn, event, error }) => `Not folded in turn ${turn} (event ${event}): ${reasonOf(error)}`)
    .join("\n");
}

/** Text and coverage of each summary. */
export function summaryTexts({ folds }: Replayed): string {
  return folds
    .map((fold, at) => `${summaryHead(fold, at)}\n${indent(fold.outcome.summary.text)}`)
    .join("\n\n");
}

/** A session in one line, for files with many. */
export function sessionLine(replayed: Replayed, position: string): string {
  const { id, events, turns, folds, failures, window, windowTokens, fullTokens } = replayed;
  const sizes = `${plural(events, "event")}, ${plural(turns, "turn")}, ${count(fullTokens)} tokens`;
  const result =
    folds.length === 0
      ? "nothing folded"
      : `${plural(folds.length, "fold")}: ${count(window.length)} messages, ${count(windowTokens)} tokens`;
  const failed = failures.length === 0 ? "" : `, ${count(failures.length)} failed`;
  return `${position} ${short(id, 60)}: ${sizes} -> ${result}${failed}`;
}

/** What a store had already, and what it keeps from now on. */
export function keptLine(sessions: readonly Replayed[], path: string): string {
  const already = sessions.reduce((sum, replayed) => sum + replayed.already, 0);
  const events = sessions.reduce((sum, replayed) => sum + replayed.events, 0);
  const before = already === 1 ? "was there already" : "were there already";
  return `Kept in ${path}: ${plural(already, "event")} ${before}, ${plural(events - already, "event")} new`;
}

/** The last line: all sessions together. */
export function totalsLine(sessions: readonly Replayed[], milliseconds: number): string {
  const sum = (figure: (replayed: Replayed) => number): number =>
    sessions.reduce((total, replayed) => total + figure(replayed), 0);
  const full = sum(({ fullTokens }) => fullTokens);
  const windows = sum(({ windowTokens }) => windowTokens);
  const events = sum((replayed) => replayed.events);
  const logged = sum((replayed) => replayed.logged);
  const failures = sum((replayed) => replayed.failures.length);
  const saved = full === 0 ? 0 : ((full - windows) / full) * 100;
  return [
    `Total: ${plural(sessions.length, "session")}, ${plural(events, "event")}`,
    plural(
      sum(({ turns }) => turns),
      "turn",
    ),
    plural(
      sum(({ folds }) => folds.length),
      "fold",
    ) + (failures === 0 ? "" : ` (${count(failures)} failed)`),
    `${count(windows)} tokens in the window instead of ${count(full)} (${percent(saved)} less)`,
    logged === events ? "all events still in the log" : `${count(logged)} events in the log`,
    `${(milliseconds / 1000).toFixed(1)} s`,
  ].join("; ");
}

function summaryHead({ turn, outcome, standsFor }: Fold, at: number): string {
  const { summary } = outcome;
  const author = summary.model === null ? "" : `, by ${summary.model}`;
  return `Summary ${at + 1} (turn ${turn}): stands for ${plural(standsFor, "event")}, ${plural(summary.summaryTokens, "token")}${author}`;
}

function whyNot({ lastCheck }: Replayed): string {
  if (lastCheck === undefined) return "";
  return lastCheck.fired
    ? `${firedParts(lastCheck).join(", ")}, but nothing may go: all is kept, pending or the current turn`
    : formatExplanation(lastCheck);
}

function indent(text: string): string {
  return printable(text)
    .split("\n")
    .map((line) => `  | ${line}`)
    .join("\n");
}
