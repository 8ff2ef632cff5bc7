import type { CompactionRun } from "../engine/compaction-run.ts";
import type { CompactionTarget } from "../engine/compaction-target.ts";
import { compact } from "../engine/compactor.ts";
import type { ResolvedOptions } from "../engine/options.ts";
import type { SummarizeOutcome } from "../engine/outcome.ts";
import { copyEvent, createEvent } from "../events/create-event.ts";
import type { SessionEvent } from "../events/session-event.ts";
import { keyString, type SessionKey } from "../events/session-key.ts";
import { CalledOff, withDeadline } from "../shared/deadline.ts";
import { windowOf } from "../summaries/window.ts";
import { evaluateTrigger } from "../triggers/evaluate.ts";
import type { SessionStatistics } from "../triggers/session-statistics.ts";
import { BackgroundJobs } from "./background-jobs.ts";
import { checkPoint } from "./check-points.ts";
import { Runs } from "./runs.ts";
import type { SessionService } from "./session-service.ts";
import type { TrackedSession } from "./tracked-session.ts";
import type { TrackedSessions } from "./tracked-sessions.ts";
import type { ResolvedServiceOptions } from "./with-summaries-options.ts";

/** Why a read that waited for a fold gave up. It is never seen outside. */
class WaitedLongEnough extends Error {}

/** Folds the sessions of a decorated service: on request, in an append, or in the background. */
export class Folding {
  readonly #inner: SessionService;
  readonly #options: ResolvedServiceOptions;
  readonly #tracked: TrackedSessions;
  readonly #runs: Runs;
  readonly #jobs: BackgroundJobs;
  readonly #closing = new AbortController();
  /** Where the log of a session ended when it was last tried in the background. */
  readonly #tried = new WeakMap<TrackedSession, number>();

  constructor(inner: SessionService, options: ResolvedServiceOptions, tracked: TrackedSessions) {
    this.#inner = inner;
    this.#options = options;
    this.#tracked = tracked;
    this.#runs = new Runs(this.#closing.signal);
    const { maxConcurrentFolds: maxConcurrent, maxWaitingSessions: maxWaiting, waitUntil } = options;
    this.#jobs = new BackgroundJobs({ maxConcurrent, maxWaiting, waitUntil });
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
    const request = { generation, signal: run.signal, force: run.force === true };
    return this.#runs.join(runKey(key, scope), request, async (signal) => {
      const outcome = await compact(this.#target(tracked, scope, options), options, { ...run, signal });
      this.#options.onOutcome(outcome, { session: key, scope, automatic });
      return outcome;
    });
  }

  /** What an append asks for: folds, or sees to it that somebody does. `before` are the figures just before it. */
  async afterAppend(
    tracked: TrackedSession,
    event: SessionEvent,
    before: SessionStatistics | undefined,
  ): Promise<void> {
    const at = checkPoint(tracked.log, event);
    if (at === undefined || this.#closing.signal.aborted) return;
    const statistics = at === "before" ? before : undefined;
    if (this.#options.mode === "background") return this.#leave(tracked.key, statistics);
    // A run in progress was started by another caller, who will see it through.
    if (this.#runs.has(runKey(tracked.key, undefined))) return;
    const run = { statistics, signal: this.#closing.signal };
    await this.run(tracked, undefined, this.#options.summarizer.options, run, true);
  }

  /**
   * Waits until a session that is too large has been folded, or until the wait is long enough. False where there was
   * nothing to wait for.
   */
  async waitIfTooLarge(tracked: TrackedSession): Promise<boolean> {
    const { limit, limitWaitMs, mode } = this.#options;
    if (mode !== "background" || limit === undefined || this.#closing.signal.aborted) return false;
    const id = runKey(tracked.key, undefined);
    const isTried = this.#tried.get(tracked) === tracked.log.lastSeq;
    if (isTried && this.#jobs.pending(id) === undefined) return false;
    if (!(await this.#isPast(limit, tracked))) return false;
    if (this.#jobs.pending(id) === undefined) this.#leave(tracked.key, undefined);
    const done = this.#jobs.pending(id);
    if (done === undefined) return false;
    return this.#within(limitWaitMs, done);
  }

  /** Ends the runs of a session that is gone. */
  end(key: SessionKey): void {
    this.#runs.end(keyString(key));
  }

  /** Waits for all that is known at the call. */
  async flush(): Promise<void> {
    await this.#jobs.settled();
    await this.#runs.settled();
  }

  /** Takes no more work, waits so many milliseconds for what there is, then calls it off. */
  async close(drainMs: number): Promise<void> {
    this.#jobs.stop();
    if (drainMs > 0) await this.#within(drainMs, this.flush());
    this.#closing.abort();
    await this.flush();
  }

  /** Leaves a session to the background. One that is not taken is found again at its next append or read. */
  #leave(key: SessionKey, statistics: SessionStatistics | undefined): void {
    this.#jobs.add(runKey(key, undefined), () => this.#foldInBackground(key, statistics));
  }

  async #foldInBackground(key: SessionKey, statistics: SessionStatistics | undefined): Promise<void> {
    try {
      await this.#tracked.use(key, async (tracked) => {
        if ((await tracked.queue.run(() => tracked.read(this.#inner))) === null) return;
        this.#tried.set(tracked, tracked.log.lastSeq);
        const run = { statistics, signal: this.#closing.signal, isDetached: true };
        await this.run(tracked, undefined, this.#options.summarizer.options, run, true);
      });
    } catch (error) {
      const kind = error instanceof Error ? error.name : "unknown";
      this.#options.logger.warn(
        `sessionfold: could not read session ${key.sessionId} to fold it (${kind}); the next append tries again`,
      );
    }
  }

  async #isPast(
    limit: NonNullable<ResolvedServiceOptions["limit"]>,
    tracked: TrackedSession,
  ): Promise<boolean> {
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

  /** Waits for so long at most. */
  async #within(milliseconds: number, done: Promise<void>): Promise<boolean> {
    try {
      await withDeadline(() => done, {
        timeoutMs: milliseconds,
        signal: this.#closing.signal,
        timedOut: () => new WaitedLongEnough(),
      });
    } catch (error) {
      if (!(error instanceof WaitedLongEnough || error instanceof CalledOff)) throw error;
    }
    return true;
  }

  #target(tracked: TrackedSession, scope: string | undefined, options: ResolvedOptions): CompactionTarget {
    const { generation } = tracked;
    const { ledger } = this.#options.summarizer;
    return {
      sessionId: tracked.key.sessionId,
      scope,
      ledger,
      log: () => tracked.log,
      statistics: () => this.statistics(tracked, scope, options),
      calibration: tracked.calibration,
      commit: (makeDraft) =>
        tracked.queue.run(async () => {
          const session = await tracked.readOrThrow(this.#inner);
          const draft = tracked.generation === generation ? makeDraft(tracked.log) : undefined;
          if (draft === undefined) return undefined;
          await tracked.store(this.#inner, session, createEvent(draft.event, 0, options.clock));
          const { mergeSummaries } = this.#options.summarizer.options;
          return { draft, window: windowOf(tracked.log, { mergeSummaries }).map(copyEvent) };
        }),
    };
  }
}

function runKey(key: SessionKey, scope: string | undefined): string {
  return `${keyString(key)}${scope === undefined ? "" : JSON.stringify(scope)}`;
}
