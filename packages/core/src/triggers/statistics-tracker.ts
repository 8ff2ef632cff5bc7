import { textParts } from "../events/message-content.ts";
import { inScope } from "../events/scope.ts";
import { isConversationEvent, isUserEvent, type SessionEvent } from "../events/session-event.ts";
import { renderEvent, type TranscriptFormat } from "../events/transcript.ts";
import type { FoldedLog } from "../summaries/fold.ts";
import type { SummaryNode } from "../summaries/summary-node.ts";
import type { Calibration } from "../tokens/calibration.ts";
import type { TokenLedger } from "../tokens/token-ledger.ts";
import { TokenSums } from "../tokens/token-sums.ts";
import type { SessionStatistics } from "./session-statistics.ts";

/** What the statistics are of. */
export interface StatisticsOptions {
  readonly ledger: TokenLedger;
  /** One agent, whose events alone count; undefined: the session. */
  readonly scope?: string | undefined;
  readonly format?: TranscriptFormat | undefined;
  /** How the counter compares with the provider's usage in this session. */
  readonly calibration: Calibration;
}

interface Figures {
  events: number;
  textLength: number;
  longestText: number;
  firstEventAt: number | undefined;
}

/** What one event adds: characters of its lines in a transcript, and of its longest text part. */
interface Measures {
  readonly length: number;
  readonly longest: number;
}

const NOTHING: Figures = { events: 0, textLength: 0, longestText: 0, firstEventAt: undefined };

/**
 * Keeps the statistics of a folded log up to date: an event at the end costs the same however long the log is,
 * anything else one walk over what is visible. Tokens are counted when somebody first asks for them.
 */
export class StatisticsTracker {
  readonly #log: FoldedLog;
  readonly #options: StatisticsOptions;
  readonly #measures = new WeakMap<SessionEvent, Measures>();
  #epoch = -1;
  #seenVisible = 0;
  #seenEvents = 0;
  #figures: Figures = { ...NOTHING };
  #sums: TokenSums;
  #userEvents = 0;
  #lastEventAt: number | undefined;
  #leading: SummaryNode | undefined;
  #lastSummary: SummaryNode | undefined;

  constructor(log: FoldedLog, options: StatisticsOptions) {
    this.#log = log;
    this.#options = options;
    this.#sums = new TokenSums(options.ledger);
  }

  /** The figures of this moment. What is appended later does not change them. */
  snapshot(contextWindow?: number): SessionStatistics {
    this.#sync();
    const sums = this.#sums;
    const end = sums.length;
    const leading = this.#leadingEvents();
    const { ledger, calibration } = this.#options;
    const { visible } = this.#log;
    const calibrated = (counted: number): number => {
      calibration.follow(visible, ledger);
      return Math.round(counted * calibration.factor);
    };
    return {
      ...this.#figures,
      userEvents: this.#userEvents,
      get tokens() {
        return calibrated(sums.upTo(end));
      },
      get windowTokens() {
        return calibrated(ledger.ofAll(leading) + sums.upTo(end));
      },
      lastSummaryAt: this.#lastSummary?.summary.createdAt,
      lastEventAt: this.#lastEventAt,
      contextWindow,
    };
  }

  #sync(): void {
    if (this.#epoch !== this.#log.epoch) this.#restart();
    const { visible, events } = this.#log;
    const body = this.#log.leadingSystem;
    for (; this.#seenVisible < visible.length; this.#seenVisible++) {
      const event = visible[this.#seenVisible];
      if (event !== undefined && this.#seenVisible >= body) this.#addVisible(event);
    }
    for (; this.#seenEvents < events.length; this.#seenEvents++) {
      const event = events[this.#seenEvents];
      if (event !== undefined) this.#addLogged(event);
    }
  }

  #restart(): void {
    this.#epoch = this.#log.epoch;
    this.#seenVisible = 0;
    this.#figures = { ...NOTHING };
    this.#sums = new TokenSums(this.#options.ledger);
    const { scope } = this.#options;
    const mine = this.#log.effective.filter((node) => scope === undefined || node.summary.scope === scope);
    const own = mine.filter((node) => node.summary.scope === scope);
    this.#lastSummary = own.reduce<SummaryNode | undefined>(
      (last, node) => (last === undefined || node.seq > last.seq ? node : last),
      undefined,
    );
    this.#leading = mine[0] !== undefined && this.#leads(mine[0]) ? mine[0] : undefined;
    for (const node of mine) {
      const event = this.#log.get(node.summary.id);
      if (node !== this.#leading && event !== undefined) this.#count(event);
    }
    this.#userEvents = 0;
    // Turns are counted from the plan on, whether or not what came since is folded.
    // No plan is made behind its own summary, whatever a record from elsewhere says.
    const { summary, seq } = this.#lastSummary ?? {};
    const planSeq = Math.min(summary?.coverage.planSeq ?? -1, seq ?? -1);
    this.#seenEvents = firstAfter(this.#log.events, planSeq);
    this.#lastEventAt = this.#log.events.findLast(
      (event) => isConversationEvent(event) && !this.#log.isSkipped(event),
    )?.timestamp;
  }

  #leads(node: SummaryNode): boolean {
    const { visible, leadingSystem, rounds } = this.#log;
    for (let at = leadingSystem; at < visible.length; at++) {
      const event = visible[at];
      if (event !== undefined && inScope(event, this.#options.scope, rounds))
        return node.position <= event.seq;
    }
    return true;
  }

  #addLogged(event: SessionEvent): void {
    if (!isConversationEvent(event)) return;
    if (this.#log.isSkipped(event)) return;
    this.#lastEventAt = event.timestamp;
    if (isUserEvent(event)) this.#userEvents++;
  }

  #addVisible(event: SessionEvent): void {
    if (this.#log.isSkipped(event) || !inScope(event, this.#options.scope, this.#log.rounds)) return;
    this.#figures.firstEventAt ??= event.timestamp;
    this.#count(event);
    this.#figures.longestText = Math.max(this.#figures.longestText, this.#measure(event).longest);
  }

  #count(event: SessionEvent): void {
    this.#figures.events++;
    this.#sums.push(event);
    const { length } = this.#measure(event);
    if (length > 0) this.#figures.textLength += length + (this.#figures.textLength > 0 ? 1 : 0);
  }

  /** Each event is measured once: a restart then costs a look at each. */
  #measure(event: SessionEvent): Measures {
    let measures = this.#measures.get(event);
    if (measures === undefined) {
      const parts = event.message === undefined ? [] : textParts(event.message);
      const longest = parts.reduce((most, part) => Math.max(most, part.trim().length), 0);
      measures = { length: this.#render(event).length, longest };
      this.#measures.set(event, measures);
    }
    return measures;
  }

  /** A format that throws must not keep an append from storing its event; the fold that meets it reports it. */
  #render(event: SessionEvent): string {
    try {
      return renderEvent(event, this.#options.format);
    } catch {
      return renderEvent(event);
    }
  }

  #leadingEvents(): readonly SessionEvent[] {
    const leading = this.#log.visible.slice(0, this.#log.leadingSystem);
    const summary = this.#leading === undefined ? undefined : this.#log.get(this.#leading.summary.id);
    return summary === undefined ? leading : [...leading, summary];
  }
}

/** Index of the first entry behind a position, found from the end. */
function firstAfter(events: readonly SessionEvent[], seq: number): number {
  let at = events.length;
  while (at > 0 && (events[at - 1]?.seq ?? -1) > seq) at--;
  return at;
}
