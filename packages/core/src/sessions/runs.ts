import type { SummarizeOutcome } from "../engine/outcome.ts";

/** A summarisation in progress. */
interface Run {
  /** Of the session that it was begun for; one made anew under the same key has another. */
  readonly generation: number;
  readonly outcome: Promise<SummarizeOutcome>;
  /** Calls it off. */
  end(): void;
}

/** Who asks for a run, and on what terms. */
export interface RunRequest {
  readonly generation: number;
  /** Gives up this caller's wait, and the run if it is this caller's own. */
  readonly signal: AbortSignal | undefined;
  readonly force: boolean;
  /** Whether this caller waits for other processes, too. */
  readonly waitsForOthers: boolean;
}

/** The summarisations in progress, one a session and scope: who asks meanwhile joins the one that is there. */
export class Runs {
  readonly #running = new Map<string, Run>();
  readonly #closing: AbortSignal;

  /** `closing` ends all of them. */
  constructor(closing: AbortSignal) {
    this.#closing = closing;
  }

  /** Whether one is in progress. */
  has(id: string): boolean {
    return this.#running.has(id);
  }

  /**
   * Joins the run in progress and gets its outcome, or starts one; overrides of a joiner do not apply. One who asked for
   * a session that is gone by now gets nothing of the one that followed.
   */
  async join(
    id: string,
    request: RunRequest,
    start: (signal: AbortSignal) => Promise<SummarizeOutcome>,
  ): Promise<SummarizeOutcome> {
    for (let run = this.#running.get(id); run !== undefined; run = this.#running.get(id)) {
      if (run.generation > request.generation) return { kind: "skipped", reason: "aborted" };
      if (run.generation < request.generation) {
        // Its session is gone. Once another takes its place here, nobody could call it off any more.
        run.end();
        break;
      }
      const outcome = await untilAborted(run.outcome, request.signal);
      const isOver = request.signal?.aborted === true || this.#closing.aborted;
      if (isOver || !isForeign(outcome, request)) return outcome;
      if (this.#running.get(id) === run) this.#running.delete(id);
    }
    const ended = new AbortController();
    const signals = [ended.signal, this.#closing, request.signal].filter((signal) => signal !== undefined);
    const run: Run = {
      generation: request.generation,
      end: () => ended.abort(),
      outcome: start(AbortSignal.any(signals)),
    };
    this.#running.set(id, run);
    try {
      return await run.outcome;
    } finally {
      if (this.#running.get(id) === run) this.#running.delete(id);
    }
  }

  /** Calls off those whose id begins so. */
  end(idPrefix: string): void {
    for (const [id, run] of this.#running) if (id.startsWith(idPrefix)) run.end();
  }

  /** Waits for those that are in progress at the call. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map(({ outcome }) => outcome));
  }
}

/**
 * Whether an outcome answers only who started the run: the trigger does not bind a forced call, and another caller's
 * giving up is not this one's.
 */
function isForeign(outcome: SummarizeOutcome, { force, waitsForOthers }: RunRequest): boolean {
  if (outcome.kind !== "skipped") return false;
  if (outcome.reason === "busy") return waitsForOthers;
  return outcome.reason === "aborted" || (force && outcome.reason === "not-triggered");
}

/** The outcome of somebody else's run, or `aborted` once this caller gives up waiting for it. */
function untilAborted(
  run: Promise<SummarizeOutcome>,
  signal: AbortSignal | undefined,
): Promise<SummarizeOutcome> {
  if (signal === undefined) return run;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => resolve({ kind: "skipped", reason: "aborted" });
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    run.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
