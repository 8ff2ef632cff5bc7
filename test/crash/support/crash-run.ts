import assert from "node:assert/strict";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { approximateCounter, type SummarizeOutcome, withSummaries } from "@sessionfold/core";
import { besideOf } from "./beside.ts";
import { Books, nothingUndecided, type Undecided } from "./books.ts";
import { bytesOf, checkByNaiveFold } from "./check-log.ts";
import { checkRestart, type Seen, type WorkedOn } from "./check-restart.ts";
import { Child } from "./child.ts";
import { entry } from "./conversation.ts";
import { openPlace, type Place, type PlacedStore } from "./place.ts";
import { randomOf } from "./random.ts";
import { readingSummarizer } from "./reading-summarizer.ts";
import type { Told, WriterJob } from "./told.ts";
import { untilAlone } from "./until-alone.ts";

/** What is killed at one point of a run. */
export type Victim = "client" | "server" | "both";

/** How a storage is made to suffer. */
export interface CrashRunOptions {
  readonly place: Place;
  /** Kills in all. */
  readonly kills: number;
  /** Of all that this process chooses; when a signal arrives is chance. */
  readonly seed: number;
  readonly victim?: (chance: number) => Victim;
  /** Kills the server and starts it again on its data. */
  readonly crashServer?: () => Promise<void>;
  /** Looks at the storage itself, after every kill. */
  readonly checkStorage?: () => void;
}

/** What a run has seen. */
export interface CrashReport {
  kills: number;
  /** Entries that were acknowledged. */
  appended: number;
  summaries: number;
  pruned: number;
  /** Checks that found a fold kept, so that decorators went on from it. */
  resumed: number;
  /** Folds that were asked for after a kill and were made. */
  foldedAgain: number;
  /** Calls that children had to repeat since the server was away. */
  retries: number;
  readonly undecided: Undecided;
}

const WRITER = resolve(import.meta.dirname, "writer.ts");
const LEASE_MS = 300;
/** So that logs do not grow without end; the storage is the same throughout. */
const KILLS_A_SESSION = 25;
const MOST_LINES = 60;
const BYSTANDER = { appName: "app", userId: "bystander", sessionId: "session-0" };

/**
 * Children work on one storage, one after another, and are killed at random points; after each kill the storage is checked,
 * and the next one goes on. Half of the kills come just after a summary or a deletion was begun.
 */
export async function crashRun(options: CrashRunOptions): Promise<CrashReport> {
  const run = new CrashRun(options);
  return run.run();
}

class CrashRun {
  readonly #options: CrashRunOptions;
  readonly #random: () => number;
  readonly #report: CrashReport = {
    ...{ kills: 0, appended: 0, summaries: 0, pruned: 0, resumed: 0, foldedAgain: 0, retries: 0 },
    undecided: nothingUndecided(),
  };
  /** Sessions that nobody works on any more, as they were left. */
  readonly #left: { readonly key: WorkedOn["key"]; readonly bytes: readonly string[] }[] = [];
  /** One that has loaded already while the one before works. */
  #waiting = new Child<Told>(WRITER);

  constructor(options: CrashRunOptions) {
    this.#options = options;
    this.#random = randomOf(options.seed);
  }

  async run(): Promise<CrashReport> {
    try {
      await this.#bystander();
      let worked: WorkedOn | undefined;
      let seen: Seen | undefined;
      for (let kill = 0; kill < this.#options.kills; kill++) {
        if (worked === undefined || kill % KILLS_A_SESSION === 0) {
          if (worked !== undefined && seen !== undefined) this.#leave(worked, seen);
          worked = await this.#begin(kill / KILLS_A_SESSION, seen);
        }
        await this.#untilKilled(worked);
        seen = await this.#check(worked);
      }
      if (worked !== undefined && seen !== undefined) this.#leave(worked, seen);
      await this.#checkLeft();
      return this.#report;
    } finally {
      this.#waiting.crash();
      await this.#waiting.ended;
    }
  }

  /** A session of another user with the same id, which nobody touches. */
  async #bystander(): Promise<void> {
    await this.#with(async (store) => {
      await store.createSession(BYSTANDER);
      for (let at = 0; at < 10; at++) await store.appendEvent({ session: BYSTANDER, event: entry(at) });
      const log = (await store.getSession(BYSTANDER))?.events ?? [];
      this.#left.push({ key: BYSTANDER, bytes: bytesOf(log) });
    });
  }

  async #begin(number: number, before: Seen | undefined): Promise<WorkedOn> {
    const key = { appName: "app", userId: "user", sessionId: `session-${number}` };
    const { state } = await this.#with(async (store) => {
      await store.createSession(besideOf(key));
      return store.createSession(key);
    });
    const shared = Object.fromEntries(
      Object.entries(before?.state ?? state).filter(([name]) => /^(app|user):/.test(name)),
    );
    assert.deepEqual(state, shared, "a new session does not show the state of its user and app");
    return { key, books: new Books(), shared };
  }

  /** Lets a child work, and kills it, or the server, or both. */
  async #untilKilled({ key, books }: WorkedOn): Promise<void> {
    const { place, victim = () => "client", crashServer } = this.#options;
    const child = this.#waiting;
    await child.untilTold("ready");
    this.#waiting = new Child<Told>(WRITER);
    const { sessionId } = key;
    const mode = this.#random() < 0.5 ? "inline" : "background";
    const job: WriterJob = { place, sessionId, from: books.next, mode, seed: this.#random() * 2 ** 32 };
    const who = victim(this.#random());
    child.send(job);
    await this.#moment(child);
    if (who !== "server") child.crash();
    if (who !== "client") await crashServer?.();
    if (who === "server") {
      const before = count(child);
      await child.until(() => count(child) >= before + 3);
      child.crash();
    }
    const { signal, exitCode, errors } = await child.ended;
    assert.equal(signal, "SIGKILL", `a child ended by itself (${exitCode}): ${errors}`);
    for (const line of child.told) books.take(line);
    this.#report.kills++;
    this.#report.retries += child.told.filter(({ kind }) => kind === "retrying").length;
  }

  /** A point to kill at: somewhere, or while something is being written that must not be torn. */
  async #moment(child: Child<Told>): Promise<void> {
    const lines = Math.floor(this.#random() * MOST_LINES);
    const writes = this.#random() < 0.5 ? 1 + Math.floor(this.#random() * 3) : Number.POSITIVE_INFINITY;
    const pauseMs = this.#random() < 0.5 ? 0 : this.#random() * 4;
    const write: Told["kind"] = this.#random() < 0.5 ? "committing" : "deleting";
    const most = Number.isFinite(writes) ? 4 * MOST_LINES : lines + 1;
    await child.until(
      (told) => told.length >= most || told.filter(({ kind }) => kind === write).length >= writes,
    );
    if (pauseMs > 0) await sleep(pauseMs);
  }

  async #check(worked: WorkedOn): Promise<Seen> {
    await untilAlone(this.#options.place);
    const seen = await this.#with(async (store) => {
      const found = await checkRestart(store, worked, this.#report.undecided);
      if (this.#random() >= 0.3) return found;
      await this.#foldAgain(store, worked);
      return checkRestart(store, worked, this.#report.undecided);
    });
    this.#options.checkStorage?.();
    if (seen.isKept) this.#report.resumed++;
    return seen;
  }

  /** The lease of the dead ends, so that another can fold: it waits for that, and is never told that somebody is at it. */
  async #foldAgain(store: PlacedStore, { key, books }: WorkedOn): Promise<void> {
    const sessions = withSummaries(store, {
      mode: "manual",
      summarizer: readingSummarizer(async () => undefined),
      keep: { turns: 2 },
      tokenCounter: approximateCounter(),
      leaseMs: LEASE_MS,
    });
    const outcome: SummarizeOutcome = await sessions.summarize(key, { force: true });
    if (outcome.kind === "summarized") {
      books.take({ kind: "committing", summary: outcome.summary.id });
      books.take({ kind: "summarized", summary: outcome.summary.id });
      this.#report.foldedAgain++;
    } else
      assert.ok(
        outcome.kind === "skipped" && /^nothing-/.test(outcome.reason),
        `a fold after a crash: ${outcome.kind === "skipped" ? outcome.reason : outcome.error.message}`,
      );
  }

  #leave({ key, books }: WorkedOn, { log }: Seen): void {
    checkByNaiveFold(log);
    this.#left.push({ key, bytes: bytesOf(log) });
    this.#report.appended += books.appended.size;
    this.#report.summaries += books.summarized.size;
    this.#report.pruned += books.gone.size;
  }

  /** What nobody worked on any more is as it was left. */
  async #checkLeft(): Promise<void> {
    await this.#with(async (store) => {
      for (const { key, bytes } of this.#left)
        assert.deepEqual(bytesOf((await store.getSession(key))?.events ?? []), bytes);
    });
  }

  async #with<T>(task: (store: PlacedStore) => Promise<T>): Promise<T> {
    const store = await openPlace(this.#options.place);
    try {
      return await task(store);
    } finally {
      await store.close();
    }
  }
}

function count(child: Child<Told>): number {
  return child.told.filter(({ kind }) => kind === "appended").length;
}
