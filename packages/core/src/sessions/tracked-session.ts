import { eventFromJson, timeOf } from "../events/event-json.ts";
import type { SessionEvent } from "../events/session-event.ts";
import type { SessionKey } from "../events/session-key.ts";
import { SessionNotFoundError } from "../shared/errors.ts";
import { FoldedLog } from "../summaries/fold.ts";
import { Calibration } from "../tokens/calibration.ts";
import { type StatisticsOptions, StatisticsTracker } from "../triggers/statistics-tracker.ts";
import { SerialQueue } from "./serial-queue.ts";
import type { Session, SessionService } from "./session-service.ts";

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

  constructor(key: SessionKey, logger: { warn(message: string): void }) {
    this.key = key;
    this.#logger = logger;
  }

  /** The log as it is known. Empty until the first `read`. */
  get log(): FoldedLog {
    this.#log ??= FoldedLog.of([]);
    return this.#log;
  }

  /** Takes over an event that the inner service has stored. */
  append(stored: SessionEvent): void {
    this.log.append(stored);
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
   * asked for the news alone. To be called within the queue. Null where there is no such session.
   */
  async read(inner: SessionService): Promise<Session | null> {
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
    this.#takeOver(session.events ?? [], afterSeq);
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

  /** Within the queue: appends to the session that was just read, and takes over what was stored. */
  async store(inner: SessionService, session: Session, event: SessionEvent): Promise<SessionEvent> {
    const numbered = { ...event, seq: this.log.lastSeq + 1 };
    const answer = (await inner.appendEvent({ session, event: numbered })) as SessionEvent | undefined;
    // A service that numbers by itself, or stores less than it was given, has the last word on that.
    const told = answer?.id === event.id && typeof answer.seq === "number";
    const stored = !told
      ? numbered
      : isAnother(numbered, answer)
        ? eventFromJson(answer) // Somebody else's, who came first with the same id.
        : { ...numbered, seq: answer.seq, actions: answer.actions ?? numbered.actions };
    this.append(stored);
    return stored;
  }

  #warn(): void {
    const { warnings } = this.log;
    for (const { eventId, reason } of warnings.slice(this.#warned)) {
      this.#logger.warn(`sessionfold: ignored ${reason} (event ${eventId}, session ${this.key.sessionId})`);
    }
    this.#warned = warnings.length;
  }

  #takeOver(told: readonly SessionEvent[], afterSeq: number | undefined): void {
    if (this.#log === undefined) {
      this.#log = FoldedLog.of(told.map(eventFromJson));
      return;
    }
    const log = this.#log;
    const changed = told.filter((event) => isAnother(log.get(event.id), event)).map(({ id }) => id);
    if (changed.some((id) => !this.#unread.has(id))) {
      // The store answers for another session than the one we knew, made under the same key with the same ids.
      this.reset();
      this.#log = FoldedLog.of(told.map(eventFromJson));
      return;
    }
    const all = afterSeq === undefined || told.some((event) => (event.seq ?? -1) <= afterSeq);
    told.forEach((event, at) => {
      if (log.get(event.id) === undefined) log.append(eventFromJson(event, at));
    });
    this.#unread.clear();
    if (all && (changed.length > 0 || log.events.length !== new Set(told.map((event) => event.id)).size)) {
      // The store has dropped entries that we knew, or keeps what it was given in another form.
      this.#trackers.clear();
      const known = (event: SessionEvent): SessionEvent | undefined =>
        changed.includes(event.id) ? undefined : log.get(event.id);
      this.#log = FoldedLog.of(told.map((event, at) => known(event) ?? eventFromJson(event, at)));
    }
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
