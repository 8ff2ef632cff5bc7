/**
 * What triggers look at: running figures of one session, or of one scope in it. "Behind the summary" means the window
 * without the system events and the summary that lead it; the kept tail counts, skipped events never do.
 */
export interface SessionStatistics {
  /** User events since the plan of the last committed summary; without one, all. */
  readonly userEvents: number;
  /** Events behind the summary. */
  readonly events: number;
  /** Tokens behind the summary, by the counter, calibrated by the provider's usage where events carry it. */
  readonly tokens: number;
  /** Tokens of the whole window: `tokens` and the system events and the summary that lead it. */
  readonly windowTokens: number;
  /** Characters of the transcript behind the summary. */
  readonly textLength: number;
  /** Characters of the longest text part behind the summary, white space at its ends left out. */
  readonly longestText: number;
  /** When the last summary was committed, in milliseconds since the epoch; undefined without one. */
  readonly lastSummaryAt: number | undefined;
  /** When the first event behind the summary happened, in milliseconds since the epoch. */
  readonly firstEventAt: number | undefined;
  /** When the last event happened, in milliseconds since the epoch. */
  readonly lastEventAt: number | undefined;
  /** Tokens that the model's context window holds, where it is known. */
  readonly contextWindow: number | undefined;
}
