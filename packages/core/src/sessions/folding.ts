import type { CompactionRun } from "../engine/compaction-run.ts";
import type { CompactionTarget, SummaryDraft } from "../engine/compaction-target.ts";
import { compact } from "../engine/compactor.ts";
import type { ResolvedOptions } from "../engine/options.ts";
import type { SummarizeOutcome } from "../engine/outcome.ts";
import { copyEvent, createEvent } from "../events/create-event.ts";
import type { SessionEvent } from "../events/session-event.ts";
import { keyString, type SessionKey } from "../events/session-key.ts";
import { BackgroundJobs } from "../shared/background-jobs.ts";
import { CalledOff, keptAwake, withDeadline } from "../shared/deadline.ts";
import { errorName, isSessionfoldError } from "../shared/errors.ts";
import { windowOf } from "../summaries/window.ts";
import { evaluateTrigger } from "../triggers/evaluate.ts";
import type { SessionStatistics } from "../triggers/session-statistics.ts";
import { type Asked, asAsked, bothAsked, lastEventAt, pauseOf } from "./asked.ts";
import { checkPoint } from "./check-points.ts";
import { FoldLease } from "./fold-lease.ts";
import { Runs } from "./runs.ts";
import type { Session, SessionService } from "./session-service.ts";
import { canAppendIf, canKeepFolds, canLease, type FoldKeepingService } from "./store-capabilities.ts";
import type { TrackedSession } from "./tracked-session.ts";
import type { TrackedSessions } from "./tracked-sessions.ts";
import { WaitingReads } from "./waiting-reads.ts";
import type { ResolvedServiceOptions } from "./with-summaries-options.ts";

/** Times that a summary is offered to a store which others write to at the same moment. */
const MOST_TRIES = 20;

/** What is kept of a session as it stood just before an event. */
export interface Before {
  readonly statistics?: SessionStatistics;
  /** When its last event happened, in milliseconds since the epoch. */
  readonly lastEventAt?: number | undefined;
}

/** Folds the sessions of a decorated service: on request, in an append, or in the background. */
export class Folding {
  readonly #inner: SessionService;
  readonly #options: ResolvedServiceOptions;
  readonly #tracked: TrackedSessions;
  readonly #runs: Runs;
  readonly #jobs: BackgroundJobs<Asked>;
  readonly #reads: WaitingReads;
  readonly #closing = new AbortController();
  /** What stores are having kept just now. It never rejects. */
  readonly #aside = new Set<Promise<void>>();
  /** Whether it takes no more work, as it does from the begin of `close`. */
  #isStopped = false;

  constructor(inner: SessionService, options: ResolvedServiceOptions, tracked: TrackedSessions) {
    this.#inner = inner;
    this.#options = options;
    this.#tracked = tracked;
    this.#runs = new Runs(this.#closing.signal);
    this.#jobs = new BackgroundJobs({
      work: (asked) => this.#foldInBackground(asked),
      both: bothAsked,
      maxConcurrent: options.maxConcurrentFolds,
      maxWaiting: options.maxWaitingSessions,
      waitUntil: options.waitUntil,
    });
    this.#reads = new WaitingReads({
      waitMs: options.limitWaitMs,
      closing: this.#closing.signal,
      isTooLarge: (read) => this.#isPastLimit(read),
      pending: ({ key }) => this.#jobs.pending(runKey(key, undefined)),
      start: ({ key }) => this.#leave({ key, pause: undefined, isAwaited: true }),
    });
  }

  /** The figures that triggers are asked about. */
  statistics(
    tracked: TrackedSession,
    scope: string | undefined,
    options: ResolvedOptions,
  ): SessionStatistics {
    const { transcript: format, contextWindow } = options;
    const { ledger } = this.#options.summarizer;
    return tracked.statistics({ ledger, scope, format }).snapshot(contextWindow);
  }

  /** One attempt, or the one in progress for that session and scope. */
  run(
    tracked: TrackedSession,
    scope: string | undefined,
    options: ResolvedOptions,
    run: CompactionRun,
    automatic: boolean = false,
  ): Promise<SummarizeOutcome> {
    const { generation, key } = tracked;
    const { waitsForOthers = !automatic } = run;
    const request = { generation, signal: run.signal, force: run.force === true, waitsForOthers };
    const outcome = this.#runs.join(runKey(key, scope), request, async (signal) => {
      // Who waited for another's run may have seen the session go with it.
      if (tracked.generation !== generation) return { kind: "skipped", reason: "aborted" };
      // What counts for one agent, only the whole log can tell.
      if (scope !== undefined && tracked.log.resumedAt !== undefined)
        await tracked.queue.run(() => tracked.readWhole(this.#inner));
      const terms = { ...run, signal, waitsForOthers };
      const made = await compact(this.#target(tracked, scope, options), options, terms);
      this.keepFold(tracked);
      this.#options.onOutcome(made, { session: key, scope, automatic });
      return made;
    });
    // Whoever waits may have joined a run that nobody waited for.
    return run.isDetached === true ? outcome : keptAwake(outcome);
  }

  /**
   * What an append needs to know of the session as it stands before a user's event. In the background the sizes are those
   * of the moment when it is asked: the append has no figures to make.
   */
  before(tracked: TrackedSession): Before {
    if (this.#options.mode === "background") return { lastEventAt: lastEventAt(tracked) };
    return { statistics: this.statistics(tracked, undefined, this.#options.summarizer.options) };
  }

  /** What an append asks for: folds, or sees to it that somebody does. */
  async afterAppend(tracked: TrackedSession, event: SessionEvent, before: Before | undefined): Promise<void> {
    const at = checkPoint(tracked.log, event);
    if (at === undefined || this.#isStopped) return;
    const { key } = tracked;
    const { options } = this.#options.summarizer;
    if (this.#options.mode === "background") {
      const since = at === "before" ? before?.lastEventAt : event.timestamp;
      const pause = since === undefined ? undefined : pauseOf(tracked, options.clock() - since);
      return this.#leave({ key, pause });
    }
    // A run in progress was started by another caller, who will see it through.
    if (this.#runs.has(runKey(key, undefined))) return;
    const statistics = at === "before" ? before?.statistics : undefined;
    await this.run(tracked, undefined, options, { statistics, signal: this.#closing.signal }, true);
  }

  /**
   * Waits until a session that is too large has been folded, or until the wait is long enough. False where there was
   * nothing to wait for.
   */
  async waitIfTooLarge(tracked: TrackedSession): Promise<boolean> {
    const { limit, mode } = this.#options;
    if (mode !== "background" || limit === undefined) return false;
    return this.#reads.wait(tracked);
  }

  /**
   * Has a store that keeps folds keep what is new. It is derived from the log, and without it reads are slower and no more:
   * so nobody waits for it but `flush`. To be called while the session is in use.
   */
  keepFold(tracked: TrackedSession): void {
    if (tracked.hasFoldToKeep) this.#keepAside(tracked);
  }

  #keepAside(tracked: TrackedSession): void {
    const inner = this.#inner;
    if (!canKeepFolds(inner)) return;
    const kept = this.#tracked.use(tracked.key, () => this.#keepFold(inner, tracked));
    this.#aside.add(kept);
    void kept.finally(() => this.#aside.delete(kept));
  }

  async #keepFold(inner: FoldKeepingService, tracked: TrackedSession): Promise<void> {
    try {
      const fold = await tracked.queue.run(async () =>
        (await tracked.read(inner)) === null ? undefined : tracked.foldToKeep(),
      );
      if (fold === undefined) return;
      await inner.saveFold(fold);
      tracked.hasKept(fold);
    } catch (error) {
      // Whoever closes a store wants nothing more of it.
      if (codeOf(error) === "store-closed") return;
      const { sessionId } = tracked.key;
      this.#options.logger.warn(
        `sessionfold: what session ${sessionId} folds to could not be kept (${errorName(error)}); the next fold tries again`,
      );
    }
  }

  /** Ends the runs of a session that is gone. */
  end(key: SessionKey): void {
    this.#runs.end(keyString(key));
  }

  /** Waits for all that is known at the call. */
  async flush(): Promise<void> {
    await keptAwake(this.#settled().then(() => Promise.all(this.#aside)));
  }

  #settled(): Promise<unknown> {
    return Promise.all([this.#jobs.settled(), this.#runs.settled()]);
  }

  /** Takes no more work, waits so many milliseconds for what there is, then calls it off. */
  async close(drainMs: number): Promise<void> {
    this.#isStopped = true;
    this.#jobs.stop();
    if (drainMs > 0) await this.#drain(drainMs);
    this.#closing.abort();
    await keptAwake(this.#settled());
  }

  async #drain(timeoutMs: number): Promise<void> {
    const over = new Error("Drained long enough");
    try {
      const { signal } = this.#closing;
      const flushed = async (): Promise<void> => {
        await this.flush();
        // Counts are kept in batches; what is left would be counted again by the next process.
        for (const tracked of this.#tracked.known) if (tracked.hasCounts) this.#keepAside(tracked);
        await Promise.all(this.#aside);
      };
      await withDeadline(flushed, { timeoutMs, signal, timedOut: () => over });
    } catch (error) {
      // Otherwise another call of `close` has ended it all.
      if (error !== over && !this.#closing.signal.aborted) throw error;
    }
  }

  /** Leaves a session to the background. One that is not taken is found again at its next append, or read past the limit. */
  #leave(asked: Asked): void {
    this.#jobs.add(runKey(asked.key, undefined), asked);
  }

  async #foldInBackground({ key, pause, isAwaited }: Asked): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) return;
    try {
      await this.#tracked.use(key, async (tracked) => {
        // Also where it cannot be read: a read that waited for this need not ask for the same again.
        this.#reads.tried(tracked);
        if ((await this.#readUntilClosed(key)) === null) return;
        this.#reads.tried(tracked);
        const { options } = this.#options.summarizer;
        const figures = this.statistics(tracked, undefined, options);
        const statistics = asAsked(figures, pause, tracked, options.clock());
        const run = { statistics, signal, isDetached: true, waitsForOthers: isAwaited === true };
        this.#folded(tracked, await this.run(tracked, undefined, options, run, true));
      });
    } catch (error) {
      if (error instanceof CalledOff) return;
      const kind = errorName(error);
      this.#options.logger.warn(
        `sessionfold: could not fold session ${key.sessionId} in the background (${kind}); its next append tries again`,
      );
    }
  }

  /** Reads a session, but does not wait for a store that answers nobody any more: the end of it all must come. */
  #readUntilClosed(key: SessionKey): Promise<Session | null> {
    const read = (): Promise<Session | null> =>
      this.#tracked.use(key, (tracked) => tracked.queue.run(() => tracked.read(this.#inner)));
    return withDeadline(read, {
      timeoutMs: null,
      signal: this.#closing.signal,
      timedOut: () => new CalledOff(),
    });
  }

  /** Where nothing but the summary came in meanwhile, there is nothing more to do. */
  #folded(tracked: TrackedSession, outcome: SummarizeOutcome): void {
    if (outcome.kind === "summarized" && tracked.log.events.at(-1)?.id === outcome.summary.id)
      this.#reads.tried(tracked);
    // Another process is at it, and a read may wait for that one as well.
    if (outcome.kind === "skipped" && outcome.reason === "busy") this.#reads.notTried(tracked);
  }

  async #isPastLimit(tracked: TrackedSession): Promise<boolean> {
    const { limit } = this.#options;
    if (limit === undefined) return false;
    const { options } = this.#options.summarizer;
    try {
      const statistics = this.statistics(tracked, undefined, options);
      return (await evaluateTrigger(limit, statistics, options.clock())).fired;
    } catch {
      this.#options.logger.warn(
        `sessionfold: the limit could not be evaluated for session ${tracked.key.sessionId}; the read does not wait`,
      );
      return false;
    }
  }

  /**
   * Within the queue: stores a draft that is made of the log as it stands in the store at that moment. Where another process
   * comes in between, it is made once more.
   */
  async #storeDraft(
    tracked: TrackedSession,
    claim: FoldLease | undefined,
    makeDraft: () => SummaryDraft | undefined,
  ): Promise<SummaryDraft | undefined> {
    const inner = this.#inner;
    const { clock } = this.#options.summarizer.options;
    for (let tries = MOST_TRIES; ; tries--) {
      const session = await tracked.readOrThrow(inner);
      const draft = makeDraft();
      if (draft === undefined) return undefined;
      const condition = canAppendIf(inner)
        ? { lastSeq: tracked.log.lastSeq, lease: claim?.lease }
        : undefined;
      try {
        await tracked.store(inner, session, createEvent(draft.event, 0, clock), condition);
        return draft;
      } catch (error) {
        if (codeOf(error) === "lease-lost") {
          claim?.refused();
          return undefined;
        }
        if (codeOf(error) !== "append-conflict" || tries === 1) throw error;
        const { lastSeq } = tracked.log;
        await tracked.readOrThrow(inner);
        // The end of what is known may have been deleted, which the news alone do not tell.
        if (tracked.log.lastSeq === lastSeq) tracked.doubt();
      }
    }
  }

  #target(tracked: TrackedSession, scope: string | undefined, options: ResolvedOptions): CompactionTarget {
    const { generation, key } = tracked;
    const { ledger } = this.#options.summarizer;
    const inner = this.#inner;
    let claim: FoldLease | undefined;
    return {
      sessionId: tracked.key.sessionId,
      scope,
      ledger,
      log: () => tracked.log,
      statistics: () => this.statistics(tracked, scope, options),
      calibration: tracked.calibration,
      ...(canKeepFolds(inner) &&
        readsHistory(options) && {
          prepare: () => this.#tracked.use(key, () => tracked.queue.run(() => tracked.readWhole(inner))),
        }),
      ...(canLease(inner) && {
        // Who asks may give up before the store answers; until it does, its queue must stay the only one of that key.
        claim: (terms) =>
          this.#tracked.use(key, async () => {
            const { leaseMs: ttlMs, logger } = this.#options;
            const taken = await FoldLease.take({ inner, key, scope, ttlMs, logger }, terms);
            if (taken === null) return null;
            claim = taken;
            // Who had it before may have folded what was due, or have died before it did.
            try {
              await tracked.queue.run(() => tracked.readOrThrow(inner));
            } catch (error) {
              // Renewed for as long as it is not given back, it would keep everybody else from folding.
              await taken.release();
              throw error;
            }
            return { lease: taken };
          }),
      }),
      // Who waits may give up before the store answers; until it does, its queue must stay the only one of that key.
      commit: (makeDraft) =>
        this.#tracked.use(tracked.key, () =>
          tracked.queue.run(async () => {
            const draft = await this.#storeDraft(tracked, claim, () =>
              tracked.generation === generation ? makeDraft(tracked.log) : undefined,
            );
            if (draft === undefined) return undefined;
            tracked.isSnapshotDue = true;
            const { mergeSummaries } = this.#options.summarizer.options;
            return { draft, window: windowOf(tracked.log, { mergeSummaries }).map(copyEvent) };
          }),
        ),
    };
  }
}

function runKey(key: SessionKey, scope: string | undefined): string {
  return `${keyString(key)}${scope === undefined ? "" : JSON.stringify(scope)}`;
}

/** Whether a fold may look at more of the log than its window holds. */
function readsHistory({ strategy, summarizer }: ResolvedOptions): boolean {
  const isByModel = summarizer.model !== null && summarizer.readsEvents !== true;
  return strategy === "whole" || !isByModel;
}

function codeOf(error: unknown): string | undefined {
  return isSessionfoldError(error) ? error.code : undefined;
}
