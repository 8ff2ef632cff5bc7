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
  /**
   * Appends the summary that `draft` makes of the log as it stands at that moment, and tells the log with it in.
   * Where the draft makes none, nothing is appended.
   */
  commit(draft: (log: FoldedLog) => SummaryDraft | undefined): Promise<Committed | undefined>;
}
