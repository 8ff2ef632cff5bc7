import type { EventInput } from "../events/create-event.ts";
import type { SessionEvent } from "../events/session-event.ts";
import type { FoldedLog } from "../summaries/fold.ts";
import type { SessionSummary } from "../summaries/session-summary.ts";
import type { Calibration } from "../tokens/calibration.ts";
import type { TokenLedger } from "../tokens/token-ledger.ts";
import type { SessionStatistics } from "../triggers/session-statistics.ts";
import type { WindowSize } from "./outcome.ts";

/** A summary ready to be appended. */
export interface SummaryDraft {
  readonly summary: SessionSummary;
  readonly event: EventInput;
  readonly before: WindowSize;
  readonly after: WindowSize;
}

/** A draft that was appended. */
export interface Committed {
  readonly draft: SummaryDraft;
  /** The window with the summary in it. */
  readonly window: readonly SessionEvent[];
}

/** How long a claim is waited for. */
export interface ClaimTerms {
  /** Milliseconds; 0 where nobody waits for the run, since what another folds is found again. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  /** Nobody waits for it: its timers keep no process alive. */
  readonly isDetached: boolean | undefined;
}

/** The right to be the only one that pays for a fold. */
export interface Claim {
  readonly lease: {
    /** Aborts when it is found on the way that another has taken it. */
    readonly signal: AbortSignal;
    /** Whether another was found to have it, then or by the commit. */
    readonly isLost: boolean;
    release(): Promise<void>;
  };
}

/** The session that a compactor works on. */
export interface CompactionTarget {
  readonly sessionId: string;
  readonly scope: string | undefined;
  readonly ledger: TokenLedger;
  /** The log as it is known now. */
  log(): FoldedLog;
  /** Figures of the log as it is known now. */
  statistics(): SessionStatistics;
  /** How the counter compares with the provider's usage in this session. */
  readonly calibration: Calibration;
  /** Brings in what of the log a fold may read besides its window, once there is something to fold. */
  prepare?(): Promise<unknown>;
  /**
   * Claims the fold before it is paid for, where several processes may come to it; null while another has it. What others
   * have stored by then is known afterwards.
   */
  claim?(terms: ClaimTerms): Promise<Claim | null>;
  /**
   * Appends the summary that `draft` makes of the log as it stands at that moment, and tells the log with it in.
   * Where the draft makes none, nothing is appended.
   */
  commit(draft: (log: FoldedLog) => SummaryDraft | undefined): Promise<Committed | undefined>;
}
