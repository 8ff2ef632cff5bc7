import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type EventInput, isSummaryEvent, type SessionEvent, SessionSummarizer } from "@sessionfold/core";
import { DATA, loadSet } from "./shared-data.ts";

/** Of the measures beside the transcripts, what is used here. */
interface Metrics {
  load(set: string, dir?: string): RawSession[];
  tokens(text: string): number;
  eventText(event: RawEvent): string;
  probes(session: RawSession): { readonly tokens: number };
  recall(probes: unknown, text: string): { readonly ev: readonly number[]; readonly ar: readonly number[] };
  forwardCuts(session: RawSession, minTokens: number): readonly number[];
  forwardNeed(session: RawSession, cut: number): ReadonlySet<string>;
  forwardRecall(need: ReadonlySet<string>, text: string): number;
  mean(figures: readonly number[]): number;
}

interface RawEvent {
  readonly author: string;
  readonly name?: string;
  readonly text: string;
  readonly timestamp?: string;
}

interface RawSession {
  readonly events: readonly RawEvent[];
  readonly trial?: number;
}

/** Shares of the tokens that a compacted context may have. */
export const SHARES: readonly number[] = [0.05, 0.1, 0.2];
/** Part of the budget that is raw tail when questions are asked, as in the figures to beat. */
const TAIL_SHARE = 0.25;
const RESERVE = 4;

const file = resolve(process.env.SESSIONFOLD_EVAL ?? `${DATA}/../eval`, "metrics.mjs");

/** Whether the measures are there. They lie beside the transcripts, or where SESSIONFOLD_EVAL says. */
export function hasMeasures(): boolean {
  return existsSync(file);
}

const metrics = (hasMeasures() ? await import(pathToFileURL(file).href) : undefined) as Metrics;

/** The product's own output within a budget: its summary, then the window's other events, one line each. */
export async function compacted(
  events: readonly EventInput[],
  budget: number,
  tailShare: number,
): Promise<string> {
  const tail = budget * tailShare;
  const keep = (body: readonly SessionEvent[]): number => {
    let left = tail;
    let kept = 0;
    for (const event of [...body].reverse()) {
      left -= metrics.tokens(lineOf(event)) + 1;
      if (left < 0) break;
      kept++;
    }
    return kept;
  };
  const options = { keep, maxSummaryLength: null, tokenCounter: metrics.tokens, timeoutMs: null };
  const told = await fold(events, { ...options, targetTokens: Math.floor(budget - tail - RESERVE) });
  if (metrics.tokens(told) <= budget) return told;
  // What has to stay (an unanswered call, the last round of a turn in progress) took more than its share.
  const rest = told.slice(told.indexOf(MARK) + MARK.length);
  const room = Math.floor(budget - metrics.tokens(rest) - RESERVE);
  return room > 0 ? fold(events, { ...options, targetTokens: room }) : rest.slice(-4 * Math.floor(budget));
}

const MARK = "\n\n";

async function fold(
  events: readonly EventInput[],
  options: ConstructorParameters<typeof SessionSummarizer>[0],
): Promise<string> {
  const outcome = await new SessionSummarizer(options).summarizeEvents(events, { force: true });
  if (outcome.kind !== "summarized") throw new Error(`Expected a summary, got ${outcome.kind}`);
  const rest = outcome.window.filter((event) => !isSummaryEvent(event) && event.author !== "system");
  return outcome.summary.text + MARK + rest.map(lineOf).join("\n");
}

function lineOf(event: SessionEvent): string {
  const { message } = event;
  const time = event.timestamp as number | undefined;
  const day = time === undefined ? "" : new Date(time).toISOString().slice(0, 10);
  const calls = (
    (message as { tool_calls?: { name: string; args: unknown }[] } | undefined)?.tool_calls ?? []
  )
    .map((call) => ` [call ${call.name} ${JSON.stringify(call.args)}]`)
    .join("");
  return `[${day}] ${message?.name || event.author}: ${(message?.text ?? "").replaceAll("\n", " ")}${calls}`;
}

/** Keeps the last tokens, as trimming does: the floor. */
export async function lastTokens(events: readonly EventInput[], budget: number): Promise<string> {
  const lines: string[] = [];
  let used = 0;
  for (const event of [...events].reverse()) {
    if (event.author === "system") continue;
    const line = lineOf(event as SessionEvent);
    used += metrics.tokens(line);
    if (used > budget) break;
    lines.unshift(line);
  }
  return lines.join("\n");
}

/** A way to make a compacted context of events within a budget, part of it raw tail. */
export type Method = (events: readonly EventInput[], budget: number, tailShare: number) => Promise<string>;

/** Figures at each of `SHARES`, one a question or a cut. */
export type Figures = readonly (readonly number[])[];

/** Which sessions of a set: all, or one of two halves, by their order. */
export type Half = "all" | "even" | "odd";

/** The mean at each share. */
export function means(figures: Figures): readonly number[] {
  return figures.map((values) => metrics.mean(values));
}

/** Evidence and answer recall of a set's questions. */
export async function questionFigures(
  set: string,
  method: Method,
  half: Half,
  isUsed: (index: number) => boolean = () => true,
): Promise<{ ev: Figures; ar: Figures }> {
  const ev: number[][] = SHARES.map(() => []);
  const ar: number[][] = SHARES.map(() => []);
  for (const { session, events } of await sessionsOf(set, half, (_, index) => isUsed(index))) {
    const probes = metrics.probes(session);
    for (const [index, share] of SHARES.entries()) {
      const text = await within(share * probes.tokens, (budget) => method(events, budget, TAIL_SHARE));
      const found = metrics.recall(probes, text);
      ev[index]?.push(...found.ev);
      ar[index]?.push(...found.ar);
    }
  }
  return { ev, ar };
}

/** Forward-reference recall of a set's tool sessions. */
export async function forwardFigures(
  set: string,
  method: Method,
  half: Half,
  minTokens: number,
  isUsed: (session: RawSession) => boolean = () => true,
): Promise<Figures> {
  const recalled: number[][] = SHARES.map(() => []);
  for (const { session, events } of await sessionsOf(set, half, isUsed)) {
    for (const cut of metrics.forwardCuts(session, minTokens)) {
      const need = metrics.forwardNeed(session, cut);
      if (need.size < 3) continue;
      const spoken = session.events.slice(0, cut).filter((event) => event.author !== "system");
      const total = spoken.reduce((sum, event) => sum + metrics.tokens(metrics.eventText(event)), 0);
      for (const [index, share] of SHARES.entries()) {
        const text = await within(share * total, (budget) => method(events.slice(0, cut), budget, 0));
        recalled[index]?.push(metrics.forwardRecall(need, text));
      }
    }
  }
  return recalled;
}

async function sessionsOf(set: string, half: Half, isUsed: (session: RawSession, index: number) => boolean) {
  const transcripts = await loadSet(set);
  return metrics
    .load(set, DATA)
    .map((session, at) => ({ session, at, events: (transcripts[at]?.events ?? []) as readonly EventInput[] }))
    .filter(({ session, at }) => isUsed(session, at))
    .filter((_, at) => half === "all" || (at % 2 === 0) === (half === "even"));
}

async function within(budget: number, write: (budget: number) => Promise<string>): Promise<string> {
  const text = await write(budget);
  const tokens = metrics.tokens(text);
  if (tokens > Math.ceil(budget)) throw new Error(`${tokens} tokens for a budget of ${budget}`);
  return text;
}
