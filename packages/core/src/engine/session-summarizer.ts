import { createEvent, type EventInput } from "../events/create-event.ts";
import type { SessionEvent } from "../events/session-event.ts";
import { withoutSuperseded } from "../events/transcript.ts";
import type { KeepPolicy } from "../planning/keep-policy.ts";
import { ConfigurationError } from "../shared/errors.ts";
import { describe, requireObject } from "../shared/validate.ts";
import { FoldedLog } from "../summaries/fold.ts";
import { isLogged, windowOf } from "../summaries/window.ts";
import { Breakers } from "../summarizers/resilience/breaker.ts";
import { Calibration } from "../tokens/calibration.ts";
import { TokenLedger } from "../tokens/token-ledger.ts";
import { StatisticsTracker } from "../triggers/statistics-tracker.ts";
import type { CompactionTarget } from "./compaction-target.ts";
import { compact } from "./compactor.ts";
import {
  type ResolvedOptions,
  resolveOptions,
  type SessionSummarizerOptions,
  type SummarizeOverrides,
} from "./options.ts";
import type { SummarizeOutcome } from "./outcome.ts";
import { heedsConcurrency, WRITER_OPTIONS } from "./writers.ts";

/** What a single call may set. */
export interface SummarizeOptions extends SummarizeOverrides {
  /** Skips the trigger; never the keep policy, a pin or a pending round. */
  readonly force?: boolean | undefined;
  /** Calls it off; the outcome is then `skipped`, `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** The agent or branch whose events alone are folded. Default: the session. */
  readonly scope?: string | undefined;
}

/**
 * What a call sets, checked.
 * @throws ConfigurationError when the options are no object, the scope no name, or the signal no signal.
 */
export function checkedCall<T extends SummarizeOptions>(options: T): T {
  requireObject("options", options);
  const { scope, signal, force } = options;
  if (scope !== undefined && (typeof scope !== "string" || scope === "")) {
    throw new ConfigurationError(
      `Expected \`scope\` to be the name of an agent or branch, got ${describe(scope)}`,
    );
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new ConfigurationError(`Expected \`signal\` to be an AbortSignal, got ${describe(signal)}`);
  }
  if (force !== undefined && typeof force !== "boolean") {
    throw new ConfigurationError(`Expected \`force\` to be true or false, got ${describe(force)}`);
  }
  return options;
}

/** What a summarizer tells of itself. */
export interface SummarizerMetadata {
  /** Name of the model; null where none writes. */
  readonly model: string | null;
  readonly modelAvailable: boolean;
  readonly maxSummaryLength: number | null;
  readonly keep: KeepPolicy;
}

/**
 * When to fold, what to keep, and who writes the summary. It holds no session: hand it to `withSummaries`, or give it
 * a plain list of events.
 */
export class SessionSummarizer {
  readonly #given: SessionSummarizerOptions;
  readonly #breakers: Breakers = new Breakers();
  /** The options with the defaults in. */
  readonly options: ResolvedOptions;
  /** Token counts of the events this summarizer has seen. */
  readonly ledger: TokenLedger;

  /** @throws ConfigurationError that names the option, what was expected and what came. */
  constructor(options: SessionSummarizerOptions = {}) {
    this.options = resolveOptions(options, this.#breakers);
    this.#given = { ...options };
    this.ledger = new TokenLedger(this.options.counter);
  }

  /** Model, limits and keep policy. Never throws. */
  get metadata(): SummarizerMetadata {
    const { summarizer, maxSummaryLength, keep } = this.options;
    return { model: summarizer.model, modelAvailable: summarizer.model !== null, maxSummaryLength, keep };
  }

  /**
   * The options with some of them replaced for one call. An absent or undefined override changes nothing.
   * @throws ConfigurationError when an override is not valid; the summarizer's own options stay in use.
   */
  withOverrides(overrides: SummarizeOverrides): ResolvedOptions {
    const defined = Object.entries(overrides).filter(([, value]) => value !== undefined);
    if (defined.length === 0) return this.options;
    const replaced = Object.fromEntries(defined) as SummarizeOverrides;
    // Whoever names a writer for this call means that one, not the one that usually writes.
    const given = { ...this.#given };
    if (replaced.model !== undefined) delete given.summarizer;
    if (replaced.summarizer !== undefined) for (const option of WRITER_OPTIONS) delete given[option];
    if (!heedsConcurrency({ ...given, ...replaced })) delete given.concurrency;
    return resolveOptions({ ...given, ...replaced }, this.#breakers);
  }

  /**
   * Summarises a plain list of events, without a store: the trigger is asked (unless `force`), the keep policy
   * applies, and the outcome carries the summary and the window with it.
   * @throws ConfigurationError for an invalid override, InvalidEventError for an event that cannot be one.
   */
  async summarizeEvents(
    events: readonly EventInput[],
    given: SummarizeOptions & { readonly sessionId?: string } = {},
  ): Promise<SummarizeOutcome> {
    const { force, signal, scope, sessionId = "", ...overrides } = checkedCall(given);
    const options = this.withOverrides(overrides);
    if (!Array.isArray(events))
      throw new ConfigurationError(`Expected \`events\` to be a list, got ${describe(events)}`);
    const made = events.map((event: EventInput, at) => createEvent(event, at, options.clock));
    // A window may be handed in again; what it made up is not part of the conversation.
    const finished = withoutSuperseded(made.filter(isLogged));
    const log = FoldedLog.of(finished);
    return compact(listTarget(log, this, options, sessionId, scope), options, { force, signal });
  }
}

function listTarget(
  log: FoldedLog,
  { ledger }: SessionSummarizer,
  options: ResolvedOptions,
  sessionId: string,
  scope: string | undefined,
): CompactionTarget {
  const { transcript: format, contextWindow, mergeSummaries } = options;
  const calibration = new Calibration();
  const tracker = new StatisticsTracker(log, { ledger, scope, format, calibration });
  return {
    sessionId,
    scope,
    ledger,
    log: () => log,
    statistics: () => tracker.snapshot(contextWindow),
    calibration,
    commit: async (makeDraft) => {
      const draft = makeDraft(log);
      if (draft === undefined) return undefined;
      const event: SessionEvent = createEvent(draft.event, log.lastSeq + 1, options.clock);
      log.append(event);
      return { draft, window: windowOf(log, { mergeSummaries }) };
    },
  };
}
