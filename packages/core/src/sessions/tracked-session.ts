import { eventFromJson, timeOf } from "../events/event-json.ts";
import type { SessionEvent } from "../events/session-event.ts";
import type { SessionKey } from "../events/session-key.ts";
import { SessionNotFoundError } from "../shared/errors.ts";
import { FoldedLog } from "../summaries/fold.ts";
import { snapshotOf } from "../summaries/fold-snapshot.ts";
import { Calibration } from "../tokens/calibration.ts";
import type { TokenLedger } from "../tokens/token-ledger.ts";
import { type StatisticsOptions, StatisticsTracker } from "../triggers/statistics-tracker.ts";
import { SerialQueue } from "./serial-queue.ts";
import type { Session, SessionService } from "./session-service.ts";
import { type AppendCondition, canKeepFolds, type FoldKeepingService } from "./store-capabilities.ts";

/** Counts that are worth a write of their own; a snapshot takes along fewer. */
const KEPT_AT_ONCE = 64;

/** What a store is asked to keep. */
export type FoldToKeep = Parameters<FoldKeepingService["saveFold"]>[0];

/** What the sessions of one decorator share. */
export interface TrackedSessionOptions {
  readonly logger: { warn(message: string): void };
  readonly ledger: TokenLedger;
  /** Whether the inner service keeps folds, and counts with them. */
  readonly keepsFolds: boolean;
}

/**
 * What a decorator knows of one session: its folded log, kept up to date from the inner service, and the queue in
 * which all calls to the inner service stand. The store has the last word: what it tells is taken over.
 */
export class TrackedSession {
  readonly key: SessionKey;
  /** Every call to the inner service for this key goes through here, never a call to a model. */
  readonly queue: SerialQueue = new SerialQueue();
  /** Grows when the session under this key is deleted or made anew. */
  generation = 0;
  /** Calls in progress; as long as there are any, the session is not forgotten. */
  users = 0;
  #log: FoldedLog | undefined;
  /** Ids of what was appended here and not read back yet: a store may keep it in a form of its own. */
  readonly #unread = new Set<string>();
  #incarnation: string | undefined;
  /** How far a read has told. What was appended here since may have others' entries before it. */
  #readTo: number | undefined;
  readonly #trackers = new Map<string | undefined, StatisticsTracker>();
  readonly #logger: { warn(message: string): void };
  #calibration = new Calibration();
  #warned = 0;
  #isInDoubt = false;
  readonly #ledger: TokenLedger;
  readonly #keepsFolds: boolean;
  /** Events whose counts the store does not keep yet. */
  readonly #uncounted = new Set<SessionEvent>();
  /** How many these were when they were last looked through. */
  #lookedAt = 0;
  /** Whether a snapshot of the log would save reading that the one kept does not. */
  isSnapshotDue = false;

  constructor(key: SessionKey, { logger, ledger, keepsFolds }: TrackedSessionOptions) {
    this.key = key;
    this.#logger = logger;
    this.#ledger = ledger;
    this.#keepsFolds = keepsFolds;
  }

  /** The log as it is known. Empty until the first `read`. */
  get log(): FoldedLog {
    this.#log ??= FoldedLog.of([]);
    return this.#log;
  }

  /** Takes over an event that the inner service has stored. */
  append(stored: SessionEvent): void {
    this.log.append(stored);
    if (this.#keepsFolds) this.#uncounted.add(stored);
    this.#unread.add(stored.id);
  }

  /** The next `read` reads all, since what is stored has changed otherwise than at its end. What is still there stays known. */
  doubt(): void {
    this.#isInDoubt = true;
  }

  /** Forgets a session that is gone. Whatever was begun for it must not reach one that follows under its key. */
  reset(): void {
    this.#log = undefined;
    this.#unread.clear();
    this.#incarnation = undefined;
    this.#readTo = undefined;
    this.#trackers.clear();
    this.#calibration = new Calibration();
    this.#warned = 0;
    this.#isInDoubt = false;
    this.#uncounted.clear();
    this.#lookedAt = 0;
    this.isSnapshotDue = false;
    this.generation++;
  }

  /** How the counter compares with the provider's usage in this session. */
  get calibration(): Calibration {
    return this.#calibration;
  }

  /** Statistics of the session, or of one scope of it. */
  statistics(options: Omit<StatisticsOptions, "calibration">): StatisticsTracker {
    let tracker = this.#trackers.get(options.scope);
    if (tracker === undefined) {
      tracker = new StatisticsTracker(this.log, { ...options, calibration: this.#calibration });
      this.#trackers.set(options.scope, tracker);
    }
    return tracker;
  }

  /**
   * Reads the session fresh from the inner service and brings the log up to date. A service that reads by position is
   * asked for the news alone, one that keeps folds for what the fold needs. To be called within the queue. Null where there is
   * no such session.
   */
  async read(inner: SessionService): Promise<Session | null> {
    if (this.#log === undefined && !this.#isInDoubt && canKeepFolds(inner)) return this.#resume(inner);
    const isKnown = this.#log !== undefined && this.#incarnation !== undefined;
    const afterSeq = isKnown && !this.#isInDoubt ? this.#readTo : undefined;
    const session = await inner.getSession({ ...this.key, ...(afterSeq !== undefined && { afterSeq }) });
    if (session === null || session === undefined) {
      this.reset();
      return null;
    }
    if (isKnown && session.incarnation !== this.#incarnation) {
      this.reset();
      return this.read(inner);
    }
    this.#incarnation = session.incarnation;
    this.#isInDoubt = false;
    if (!this.#takeOver(session.events ?? [], afterSeq)) {
      this.#isInDoubt = true;
      return this.read(inner);
    }
    this.#readTo = this.log.lastSeq;
    this.#warn();
    return session;
  }

  /**
   * As `read`, for a session that must be there.
   * @throws SessionNotFoundError
   */
  async readOrThrow(inner: SessionService): Promise<Session> {
    const session = await this.read(inner);
    if (session === null) throw new SessionNotFoundError(this.key.sessionId);
    return session;
  }

  /** Within the queue: reads the whole log, unless it is known. */
  async readWhole(inner: SessionService): Promise<Session> {
    if (this.log.resumedAt !== undefined) this.doubt();
    return this.readOrThrow(inner);
  }

  /** Whether there is enough that a store should keep. */
  get hasFoldToKeep(): boolean {
    return this.isSnapshotDue || this.#uncounted.size - this.#lookedAt >= KEPT_AT_ONCE;
  }

  /** Whether there is any count that the store does not keep. */
  get hasCounts(): boolean {
    return this.#uncounted.size > 0;
  }

  /** Just after a read: what the log folds to, and counts of tokens, for the store to keep; undefined where there is nothing new. */
  foldToKeep(): FoldToKeep | undefined {
    const incarnation = this.#incarnation;
    if (incarnation === undefined) return undefined;
    const counts = new Map<string, number>();
    for (const event of this.#uncounted) {
      const tokens = this.#ledger.known(event);
      if (tokens !== undefined) counts.set(event.id, tokens);
    }
    this.#lookedAt = this.#uncounted.size;
    const isKnown = this.#readTo === this.log.lastSeq && this.log.resumedAt !== this.#readTo;
    const snapshot = this.isSnapshotDue && isKnown ? snapshotOf(this.log) : undefined;
    // Once is enough: should it not be kept, the next fold has one more.
    this.isSnapshotDue = false;
    const { counter } = this.#ledger;
    const isNamed = counter.isUnnamed !== true && counts.size > 0;
    if (snapshot === undefined && !isNamed) return undefined;
    return {
      ...this.key,
      incarnation,
      snapshot,
      tokens: isNamed ? { counter: counter.name, counts } : undefined,
    };
  }

  /** The store keeps it. */
  hasKept({ tokens }: FoldToKeep): void {
    if (tokens === undefined) return;
    for (const event of this.#uncounted) if (tokens.counts.has(event.id)) this.#uncounted.delete(event);
    this.#lookedAt = this.#uncounted.size;
  }

  /** Within the queue: appends to the session that was just read, and takes over what was stored. */
  async store(
    inner: SessionService,
    session: Session,
    event: SessionEvent,
    condition?: AppendCondition,
  ): Promise<SessionEvent> {
    const numbered = { ...event, seq: this.log.lastSeq + 1 };
    if (!this.log.canTake(numbered)) return this.store(inner, await this.readWhole(inner), event, condition);
    const answer = (await inner.appendEvent({ session, event: numbered, condition })) as
      | SessionEvent
      | undefined;
    // A service that numbers by itself, or stores less than it was given, has the last word on that.
    const told = answer?.id === event.id && typeof answer.seq === "number";
    const stored = !told
      ? numbered
      : isAnother(numbered, answer)
        ? eventFromJson(answer) // Somebody else's, who came first with the same id.
        : { ...numbered, seq: answer.seq, actions: answer.actions ?? numbered.actions };
    // An entry of long ago, which is missing here since no window needs it, was only told once more.
    if (stored.seq > (this.log.resumedAt ?? -1)) this.append(stored);
    return stored;
  }

  #warn(): void {
    const { warnings } = this.log;
    for (const { eventId, reason } of warnings.slice(this.#warned)) {
      this.#logger.warn(`sessionfold: ignored ${reason} (event ${eventId}, session ${this.key.sessionId})`);
    }
    this.#warned = warnings.length;
  }

  async #resume(inner: FoldKeepingService): Promise<Session | null> {
    const { name, isUnnamed } = this.#ledger.counter;
    const read = await inner.readFolded({ ...this.key, ...(isUnnamed !== true && { counter: name }) });
    if (read === null) {
      this.reset();
      return null;
    }
    const { snapshot, tokenCounts, ...session } = read;
    const events = session.events.map(eventFromJson);
    const log = snapshot === undefined ? FoldedLog.of(events) : FoldedLog.resume(snapshot, events);
    if (log === undefined) {
      // What came since the snapshot reaches back behind it.
      this.doubt();
      return this.read(inner);
    }
    this.#log = log;
    this.#incarnation = session.incarnation;
    this.#readTo = log.lastSeq;
    this.isSnapshotDue = this.#keepsFolds && log.effective.length > 0 && snapshot === undefined;
    for (const event of log.events) {
      const tokens = tokenCounts?.get(event.id);
      if (tokens === undefined) this.#uncounted.add(event);
      else this.#ledger.take(event, tokens);
    }
    this.#warn();
    return session;
  }

  /** False where only the whole log can tell what the news mean. */
  #takeOver(told: readonly SessionEvent[], afterSeq: number | undefined): boolean {
    if (this.#log === undefined) {
      this.#log = FoldedLog.of(told.map(eventFromJson));
      this.#learned(this.#log);
      return true;
    }
    const log = this.#log;
    if (log.resumedAt !== undefined && afterSeq === undefined) {
      this.#trackers.clear();
      this.#unread.clear();
      this.#log = FoldedLog.of(told.map((event, at) => log.get(event.id) ?? eventFromJson(event, at)));
      this.#learned(this.#log);
      return true;
    }
    const changed = told.filter((event) => isAnother(log.get(event.id), event)).map(({ id }) => id);
    if (changed.some((id) => !this.#unread.has(id))) {
      // The store answers for another session than the one we knew, made under the same key with the same ids.
      this.reset();
      this.#log = FoldedLog.of(told.map(eventFromJson));
      return true;
    }
    const all = afterSeq === undefined || told.some((event) => (event.seq ?? -1) <= afterSeq);
    for (const [at, event] of told.entries()) {
      if (log.get(event.id) !== undefined) continue;
      const read = eventFromJson(event, at);
      if (!log.canTake(read)) return false;
      log.append(read);
      if (this.#keepsFolds) this.#uncounted.add(read);
    }
    this.#unread.clear();
    if (all && (changed.length > 0 || log.events.length !== new Set(told.map((event) => event.id)).size)) {
      // The store has dropped entries that we knew, or keeps what it was given in another form.
      this.#trackers.clear();
      const known = (event: SessionEvent): SessionEvent | undefined =>
        changed.includes(event.id) ? undefined : log.get(event.id);
      this.#log = FoldedLog.of(told.map((event, at) => known(event) ?? eventFromJson(event, at)));
    }
    return true;
  }

  /** A log that was read whole, since nothing is kept of it or what is kept no longer does. */
  #learned(log: FoldedLog): void {
    this.isSnapshotDue = this.#keepsFolds && log.effective.length > 0;
  }
}

/** Whether a stored event is not the one that was known by its id. What an event says is fixed at append. */
function isAnother(known: SessionEvent | undefined, told: SessionEvent): boolean {
  if (known === undefined || known === told) return false;
  if (known.author !== told.author || known.timestamp !== timeOf(told.timestamp)) return true;
  const [before, now] = [known.message?.content, contentOf(told.message)];
  return typeof before === "string" && typeof now === "string" && before !== now;
}

/** The content of a message, also of one in LangChain's stored form. */
function contentOf(message: unknown): unknown {
  const { content, data } = (message ?? {}) as { content?: unknown; data?: { content?: unknown } | null };
  return content ?? data?.content;
}
