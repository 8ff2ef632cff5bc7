import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isSummaryEvent, type SessionEvent, withSummaries } from "@sessionfold/core";
import { checkByNaiveFold, checkLog } from "../../crash/support/check-log.ts";
import { checkWindows } from "../../crash/support/check-restart.ts";
import { Child } from "../../crash/support/child.ts";
import { openPlace, type Place } from "../../crash/support/place.ts";
import type { RaceKey, RacerJob, RacerTold, SummarizerCall } from "./race-told.ts";
import { said } from "./said.ts";

export const KEY: RaceKey = { appName: "app", userId: "user", sessionId: "raced" };
const LONG_LEASE_MS = 600_000;
const RACER = resolve(import.meta.dirname, "racer.ts");

/** What came of a race. */
export interface RaceReport {
  /** Entries of the log that are none of a summary. */
  readonly entries: number;
  readonly summaries: number;
  /** Calls of summarizers, by all processes. */
  readonly calls: number;
  /** How attempts to fold ended, and how often so. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly retries: number;
}

/** A race that goes on. */
export interface Going {
  readonly processes: readonly Pick<Child<RacerTold>, "pause" | "resume">[];
  /** Entries that all of them have stored so far. */
  readonly appended: () => number;
}

/** How a race is run. */
export interface RaceOptions {
  readonly place: Place;
  readonly processes: number;
  /** Turns that each of them says. */
  readonly turns: number;
  /** Milliseconds; by default longer than any race. */
  readonly leaseMs?: number;
  /** Whether leases may run out, so that two may be asked for the same summary. Default false. */
  readonly leasesEnd?: boolean;
  /** What happens meanwhile. */
  readonly meanwhile?: (going: Going) => Promise<void>;
}

/** Processes append to one session and fold it, all at once; then everything is checked that must hold whoever came first. */
export async function race(options: RaceOptions): Promise<RaceReport> {
  const { place, processes, turns, leaseMs = LONG_LEASE_MS, leasesEnd = false, meanwhile } = options;
  const folder = mkdtempSync(join(tmpdir(), "sessionfold-race-"));
  const calls = join(folder, "calls");
  const names = Array.from({ length: processes }, (_, at) => `p${at}`);
  const children = names.map(() => new Child<RacerTold>(RACER));
  try {
    const store = await openPlace(place);
    await store.createSession(KEY);
    await store.close();
    await Promise.all(children.map((child) => child.untilTold("ready")));
    for (const [at, child] of children.entries()) {
      const mode = at % 2 === 0 ? "inline" : "background";
      child.send({ place, key: KEY, name: names[at] ?? "", turns, mode, leaseMs, calls } satisfies RacerJob);
    }
    const appended = () =>
      children.reduce((sum, { told }) => sum + told.filter(({ kind }) => kind === "appended").length, 0);
    const ends = Promise.all(children.map(({ ended }) => ended));
    await meanwhile?.({ processes: children, appended });
    for (const end of await ends) assert.deepEqual(end, { exitCode: 0, signal: null, errors: "" });
    const told = children.flatMap((child) => child.told);
    const made = callsIn(calls);
    if (!leasesEnd) checkCalls(made);
    return await check(place, names, turns, told, made);
  } finally {
    for (const child of children) child.crash();
    await Promise.all(children.map(({ ended }) => ended));
    rmSync(folder, { recursive: true });
  }
}

async function check(
  place: Place,
  names: readonly string[],
  turns: number,
  told: readonly RacerTold[],
  calls: readonly SummarizerCall[],
): Promise<RaceReport> {
  const store = await openPlace(place);
  try {
    const log = (await store.getSession(KEY))?.events ?? [];
    checkEntries(log, names, turns, told);
    checkLog(log, new Set());
    checkByNaiveFold(log);
    await checkWindows(store, KEY, log);
    const listed = await withSummaries(store, { mode: "manual" }).listSummaryStatus(KEY);
    for (const { status } of listed)
      assert.ok(status === "effective" || status === "superseded", `a summary that is ${status}`);
    const outcomes: Record<string, number> = {};
    for (const line of told)
      if (line.kind === "outcome") outcomes[line.outcome] = (outcomes[line.outcome] ?? 0) + 1;
    const summaries = log.filter(isSummaryEvent).length;
    return {
      entries: log.length - summaries,
      summaries,
      calls: calls.filter(({ what }) => what === "begun").length,
      outcomes,
      retries: told.filter(({ kind }) => kind === "retrying").length,
    };
  } finally {
    await store.close();
  }
}

/** What each process said stands there once, where it was told, in its order, and nothing else does. */
function checkEntries(
  log: readonly SessionEvent[],
  names: readonly string[],
  turns: number,
  told: readonly RacerTold[],
): void {
  assert.deepEqual(
    log.map(({ seq }) => seq),
    log.map((_, at) => at),
    "positions are not contiguous",
  );
  const entries = log.filter((event) => !isSummaryEvent(event));
  for (const name of names) {
    const mine = entries.filter(({ id }) => id.startsWith(`${name}:`));
    const expected = said(name, turns);
    assert.deepEqual(
      mine.map(({ id }) => id),
      expected.map(({ id }) => id),
      `entries of ${name} are lost, doubled, or in another order`,
    );
  }
  assert.equal(entries.length, names.length * said("", turns).length, "an entry that nobody has said");
  const positions = new Map(log.map(({ id, seq }) => [id, seq]));
  const acknowledged = told.filter((line) => line.kind === "appended");
  assert.equal(acknowledged.length, entries.length);
  for (const { id, seq } of acknowledged)
    assert.equal(positions.get(id), seq, `${id} stands at another place than was told`);
}

/** No two calls of a summarizer go on at once, whichever processes make them. */
function checkCalls(calls: readonly SummarizerCall[]): void {
  const ordered = calls.toSorted((one, other) => (BigInt(one.at) < BigInt(other.at) ? -1 : 1));
  for (const [at, call] of ordered.entries()) {
    const before = ordered[at - 1];
    if (call.what === "begun")
      assert.notEqual(before?.what, "begun", `${call.name} began while ${before?.name} was at it`);
  }
}

function callsIn(file: string): readonly SummarizerCall[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as SummarizerCall);
}
