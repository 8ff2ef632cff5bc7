import type { SummarizeOutcome } from "../engine/outcome.ts";
import { checkedCall, type SessionSummarizer, type SummarizeOptions } from "../engine/session-summarizer.ts";
import { copyEvent, createEvent, type EventInput } from "../events/create-event.ts";
import { isUserEvent, type SessionEvent } from "../events/session-event.ts";
import { keyOf, type SessionKey, type SessionRef } from "../events/session-key.ts";
import { LONGEST_TIMEOUT_MS } from "../shared/deadline.ts";
import { ConfigurationError, EventsPrunedError, UnsupportedError } from "../shared/errors.ts";
import { describe, requireObject } from "../shared/validate.ts";
import type { SessionSummary } from "../summaries/session-summary.ts";
import { windowOf } from "../summaries/window.ts";
import { checkedAfterSeq } from "./after-seq.ts";
import { Folding } from "./folding.ts";
import { handToCaller } from "./hand-to-caller.ts";
import { type MarkRequest, marksOf, refuseIfPruned } from "./mark-request.ts";
import { prunableIds } from "./prunable.ts";
import { canPlace, foundIn, type SearchQuery, type SearchResult, searchLog, searchWords } from "./search.ts";
import {
  type AppendEventRequest,
  type CreateSessionRequest,
  canDeleteEvents,
  type GetSessionRequest,
  type ListSessionsRequest,
  type ListSessionsResponse,
  type Session,
  type SessionService,
} from "./session-service.ts";
import { canImport, canKeepFolds, canSearch, type ImportSessionRequest } from "./store-capabilities.ts";
import type {
  ListedSummary,
  PruneOptions,
  SummarizingSessionService,
} from "./summarizing-session-service.ts";
import type { TrackedSession } from "./tracked-session.ts";
import { TrackedSessions } from "./tracked-sessions.ts";
import {
  type ResolvedServiceOptions,
  resolveServiceOptions,
  type WithSummariesOptions,
} from "./with-summaries-options.ts";

/** How long `close` waits for folds that are under way, in milliseconds. */
const DEFAULT_DRAIN_MS = 10_000;

const DECORATED = Symbol.for("sessionfold.decorated");

/**
 * Makes the sessions of any service fold: old turns go into a summary, recent ones stay, and `getSession` hands out
 * the window that a model should see. The log itself is only ever appended to.
 * @throws ConfigurationError that names the option, what was expected and what came; also for a service that is
 * decorated already.
 */
export function withSummaries(
  inner: SessionService,
  options: WithSummariesOptions = {},
): SummarizingSessionService {
  for (const method of [
    "createSession",
    "getSession",
    "listSessions",
    "deleteSession",
    "appendEvent",
  ] as const) {
    if (typeof (inner as Partial<SessionService> | null)?.[method] === "function") continue;
    throw new ConfigurationError(
      `Expected a session service with \`${method}\` to decorate, got ${describe(inner)}`,
    );
  }
  if (DECORATED in inner)
    throw new ConfigurationError("Expected a plain session service, got one that withSummaries made");
  return new SummarizingService(inner, resolveServiceOptions(options));
}

class SummarizingService implements SummarizingSessionService {
  readonly [DECORATED] = true;
  readonly #inner: SessionService;
  readonly #options: ResolvedServiceOptions;
  readonly #summarizer: SessionSummarizer;
  readonly #tracked: TrackedSessions;
  readonly #folding: Folding;

  constructor(inner: SessionService, options: ResolvedServiceOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#summarizer = options.summarizer;
    this.#tracked = new TrackedSessions(options.maxCachedSessions, {
      logger: options.logger,
      ledger: options.summarizer.ledger,
      keepsFolds: canKeepFolds(inner),
    });
    this.#folding = new Folding(inner, options, this.#tracked);
  }

  get metadata(): SessionSummarizer["metadata"] {
    return this.#summarizer.metadata;
  }

  async createSession(request: CreateSessionRequest): Promise<Session> {
    requireObject("request", request);
    const { sessionId } = request;
    // Of an id that is yet to be made nobody knows, so that nobody can come in between.
    if (sessionId === undefined) return this.#inner.createSession(request);
    return this.#tracked.use(keyOf({ ...request, sessionId }), (tracked) =>
      tracked.queue.run(async () => {
        const session = await this.#inner.createSession(request);
        tracked.reset();
        // One before it may have been deleted by others, or by a call here whose answer was lost.
        this.#folding.end(tracked.key);
        return session;
      }),
    );
  }

  async getSession(request: GetSessionRequest): Promise<Session | null> {
    requireObject("request", request);
    const { view = "window", wait = true } = request;
    if (view !== "window" && view !== "full") {
      throw new ConfigurationError(`Expected \`view\` to be "window" or "full", got ${describe(view, true)}`);
    }
    if (typeof wait !== "boolean")
      throw new ConfigurationError(`Expected \`wait\` to be true or false, got ${describe(wait)}`);
    return this.#tracked.use(keyOf(request), async (tracked) => {
      const session = await this.#sessionAsked(tracked, request);
      if (session !== null) this.#folding.keepFold(tracked);
      const mayWait = session !== null && view === "window" && wait;
      if (!mayWait || !(await this.#folding.waitIfTooLarge(tracked))) return session;
      return this.#sessionAsked(tracked, request);
    });
  }

  #sessionAsked(tracked: TrackedSession, request: GetSessionRequest): Promise<Session | null> {
    const { view = "window", agent, afterSeq } = request;
    checkedAfterSeq(afterSeq);
    return tracked.queue.run(async () => {
      // Another process may have pruned, which only a look at all that is stored shows. Windows stay the same, but for how a
      // result is told that comes after its call was pruned.
      // Whoever asks for the news alone, entry after entry, must not pay for the whole log each time.
      if (view === "full" && afterSeq === undefined) tracked.doubt();
      let session = await tracked.read(this.#inner);
      // What no window needs may be missing here.
      const isPartly = view === "full" && (afterSeq ?? -1) < (tracked.log.resumedAt ?? -1);
      if (session !== null && isPartly) {
        tracked.doubt();
        session = await tracked.read(this.#inner);
      }
      if (session === null) return null;
      const { mergeSummaries } = this.#summarizer.options;
      const shown = view === "full" ? tracked.log.events : windowOf(tracked.log, { agent, mergeSummaries });
      const asked = afterSeq === undefined ? shown : shown.filter((event) => event.seq > afterSeq);
      return { ...session, ...tracked.key, id: tracked.key.sessionId, events: asked.map(copyEvent) };
    });
  }

  async listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse> {
    requireObject("request", request);
    const { sessions, ...rest } = await this.#inner.listSessions(request);
    return { ...rest, sessions: sessions.map((session) => ({ ...session, events: [] })) };
  }

  async deleteSession(request: SessionKey): Promise<void> {
    await this.#tracked.use(keyOf(request), (tracked) =>
      tracked.queue.run(async () => {
        await this.#inner.deleteSession(tracked.key);
        tracked.reset();
        this.#folding.end(tracked.key);
      }),
    );
  }

  async appendEvent(request: AppendEventRequest): Promise<SessionEvent> {
    requireObject("request", request);
    const { session: caller, event: input, fold = true } = request;
    if (typeof fold !== "boolean")
      throw new ConfigurationError(`Expected \`fold\` to be true or false, got ${describe(fold)}`);
    const event = createEvent(input, 0, this.#summarizer.options.clock);
    if (event.partial === true) return event;
    const mayFold = fold && this.#options.mode !== "manual";
    return this.#tracked.use(keyOf(caller), async (tracked) => {
      const { stored, isNew, before } = await tracked.queue.run(async () => {
        const { marks } = event.actions;
        const session = await (marks === undefined
          ? tracked.readOrThrow(this.#inner)
          : tracked.readWhole(this.#inner));
        const known = tracked.log.get(event.id);
        if (known !== undefined) return { stored: known, isNew: false, before: undefined };
        refuseIfPruned(marks ?? [], tracked.log);
        // What a session was like before it is asked of user events alone; see `checkPoint`.
        const isAsked = mayFold && isUserEvent(event);
        const before = isAsked ? this.#folding.before(tracked) : undefined;
        const stored = await tracked.store(this.#inner, session, event);
        return { stored, isNew: tracked.log.get(stored.id) !== undefined, before };
      });
      const answer = handToCaller(caller, stored, isNew);
      if (isNew && mayFold) await this.#folding.afterAppend(tracked, stored, before);
      return answer;
    });
  }

  async summarize(session: SessionRef, given: SummarizeOptions = {}): Promise<SummarizeOutcome> {
    const { scope, signal, force, ...overrides } = checkedCall(given);
    const options = this.#summarizer.withOverrides(overrides);
    return this.#tracked.use(keyOf(session), async (tracked) => {
      await tracked.queue.run(() => tracked.readOrThrow(this.#inner));
      return this.#folding.run(tracked, scope, options, { force, signal });
    });
  }

  async summarizeEvents(
    events: readonly EventInput[],
    options: SummarizeOptions = {},
  ): Promise<SummarizeOutcome> {
    return this.#summarizer.summarizeEvents(events, options);
  }

  async getSummary(
    session: SessionRef,
    options: { readonly scope?: string | undefined } = {},
  ): Promise<SessionSummary | null> {
    requireObject("options", options);
    const { scope } = options;
    return this.#read(session, async ({ log }) => {
      const effective = log.summaries.filter(
        ({ summary, status }) => status === "effective" && summary.scope === scope,
      );
      return effective.at(-1)?.summary ?? null;
    });
  }

  async listSummaries(session: SessionRef): Promise<readonly SessionSummary[]> {
    return (await this.listSummaryStatus(session)).map(({ summary }) => summary);
  }

  async listSummaryStatus(session: SessionRef): Promise<readonly ListedSummary[]> {
    return this.#read(session, async (tracked, read) => {
      if (read !== null && tracked.log.resumedAt !== undefined) {
        tracked.doubt();
        await tracked.read(this.#inner);
      }
      return tracked.log.summaries.map(({ summary, status }) => ({ summary, status }));
    });
  }

  async unfold(session: SessionRef, summaryId: string): Promise<readonly SessionEvent[]> {
    return this.#withWhole(session, async ({ log }) => {
      const events = log.coveredEvents(summaryId);
      const missing = log.coveredIds(summaryId).size - events.length;
      if (missing > 0) throw new EventsPrunedError("unfold the summary", missing);
      return events.map(copyEvent);
    });
  }

  async mark(ref: SessionRef, request: MarkRequest): Promise<SessionEvent> {
    return this.#withWhole(ref, async (tracked, session) => {
      const marks = marksOf(request, tracked.log);
      const event = createEvent({ author: "system", actions: { marks } }, 0, this.#summarizer.options.clock);
      return copyEvent(await tracked.store(this.#inner, session, event));
    });
  }

  async search(session: SessionRef, query: string | SearchQuery): Promise<readonly SearchResult[]> {
    const asked = searchWords(query);
    const inner = this.#inner;
    if (!canSearch(inner)) return this.#withWhole(session, async ({ log }) => searchLog(log, asked));
    return this.#withSession(session, async (tracked) => {
      const found = await inner.searchEvents({ ...tracked.key, ...asked });
      // Which summary hides an event that is not known here, only the whole log can tell.
      if (!found.every((event) => canPlace(tracked.log, event))) await tracked.readWhole(inner);
      return found.map((event) => foundIn(tracked.log, event));
    });
  }

  async prune(session: SessionRef, options: PruneOptions = {}): Promise<readonly string[]> {
    const inner = this.#inner;
    if (!canDeleteEvents(inner))
      throw new UnsupportedError("The session service cannot delete single events, so it cannot prune");
    return this.#withWhole(session, async (tracked) => {
      const eventIds = prunableIds(tracked.log, options);
      if (eventIds.length === 0) return [];
      try {
        await inner.deleteEvents({ ...tracked.key, eventIds });
      } finally {
        tracked.doubt();
      }
      return eventIds;
    });
  }

  async importSession(request: ImportSessionRequest): Promise<void> {
    const inner = this.#inner;
    if (!canImport(inner))
      throw new UnsupportedError(
        "The session service cannot take over whole sessions, so nothing is imported",
      );
    await this.#tracked.use(keyOf(request), (tracked) =>
      tracked.queue.run(async () => {
        await inner.importSession(request);
        tracked.reset();
        this.#folding.end(tracked.key);
      }),
    );
  }

  async flush(): Promise<void> {
    await this.#folding.flush();
  }

  async close({ drainMs = DEFAULT_DRAIN_MS }: { readonly drainMs?: number | undefined } = {}): Promise<void> {
    if (typeof drainMs !== "number" || !(drainMs >= 0))
      throw new ConfigurationError(`Expected \`drainMs\` to be milliseconds >= 0, got ${describe(drainMs)}`);
    await this.#folding.close(Math.min(drainMs, LONGEST_TIMEOUT_MS));
  }

  /** Works on the session as it stands in the inner service; null where there is none. */
  #read<T>(
    ref: SessionRef,
    task: (tracked: TrackedSession, session: Session | null) => Promise<T>,
  ): Promise<T> {
    return this.#tracked.use(keyOf(ref), (tracked) =>
      tracked.queue.run(async () => task(tracked, await tracked.read(this.#inner))),
    );
  }

  /** Works on a session that must be there. */
  #withSession<T>(
    ref: SessionRef,
    task: (tracked: TrackedSession, session: Session) => Promise<T>,
  ): Promise<T> {
    return this.#tracked.use(keyOf(ref), (tracked) =>
      tracked.queue.run(async () => task(tracked, await tracked.readOrThrow(this.#inner))),
    );
  }

  /** Works on a session with all that the inner service holds of it now: another process may have pruned it. */
  #withWhole<T>(
    ref: SessionRef,
    task: (tracked: TrackedSession, session: Session) => Promise<T>,
  ): Promise<T> {
    return this.#tracked.use(keyOf(ref), (tracked) =>
      tracked.queue.run(async () => {
        tracked.doubt();
        return task(tracked, await tracked.readOrThrow(this.#inner));
      }),
    );
  }
}
