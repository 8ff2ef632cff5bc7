import type { SessionStatistics } from "../triggers/session-statistics.ts";

/** How one attempt is made. */
export interface CompactionRun {
  /** Skips the trigger; never the keep policy, a pin or a pending round. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Nobody waits for it: its timers keep no process alive. */
  readonly isDetached?: boolean | undefined;
  /** Waits for another process that folds the session, rather than leaving it to that. */
  readonly waitsForOthers?: boolean | undefined;
  /** The figures that the trigger is asked about; default: those of now. */
  readonly statistics?: SessionStatistics | undefined;
}
