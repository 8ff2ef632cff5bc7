import {
  createEvent,
  type EventDeletingService,
  isConversationEvent,
  isSummaryEvent,
  type SessionEvent,
  type SessionKey,
  type SessionRef,
  type SessionService,
  SessionSummary,
  SummarizeError,
  type SummarizingSessionService,
  type WithSummariesOptions,
  withSummaries,
} from "@sessionfold/core";
import { BROKEN_JOBS } from "./jobs.ts";
import { type BrokenFolding, brokenFolding as broken } from "./wrap-folding.ts";

/** Hands out another window than it has. */
function showing(defect: string, edit: (events: readonly SessionEvent[]) => SessionEvent[]): BrokenFolding {
  return broken(defect, (sessions) => ({
    getSession: async (request) => {
      const session = await sessions.getSession(request);
      return session && request.view !== "full" ? { ...session, events: edit(session.events) } : session;
    },
  }));
}

/** Takes a mark of that kind and forgets it. */
function deafTo(kind: "pin" | "skip" | "hide"): BrokenFolding {
  return broken(`takes no notice of a mark to ${kind}`, (sessions) => ({
    mark: (session, request) =>
      kind in request
        ? sessions.appendEvent({ session, event: { author: "system", actions: { marks: [] } } })
        : sessions.mark(session, request),
  }));
}

/** Folding services of which each breaks one rule. */
export const BROKEN_FOLDING: Readonly<Record<string, BrokenFolding>> = {
  "fold-log-kept": broken("takes what it has folded for gone", (sessions) => ({
    getSession: (request) => sessions.getSession({ ...request, view: "window" }),
  })),
  "fold-covered-once": showing("loses the first event behind a summary", (events) => {
    const at = events.findIndex(isSummaryEvent);
    return at < 0 ? [...events] : events.filter((_, place) => place !== at + 1);
  }),
  "fold-place": showing("tells summaries last", (events) => [
    ...events.filter((event) => !isSummaryEvent(event)),
    ...events.filter(isSummaryEvent),
  ]),
  "fold-keep": {
    defect: "keeps less than it was asked to",
    decorate: (inner, options) => withSummaries(inner, { ...options, keep: { turns: 0 } }),
  },
  "fold-figures": broken("counts one event too many", (sessions) => ({
    listSummaries: async (session) =>
      (await sessions.listSummaries(session)).map(
        (summary) => new SessionSummary({ ...summary, originalEventCount: summary.originalEventCount + 1 }),
      ),
  })),
  "fault-summarizer": broken("writes the error in the place of the history", (sessions, inner) => ({
    summarize: async (session, options) => {
      const outcome = await sessions.summarize(session, options);
      if (outcome.kind === "failed") await foldAll(inner, session, "Error generating summary");
      return outcome;
    },
  })),
  "fold-mode": {
    defect: "folds by itself where it should not",
    decorate: (inner, options) => withSummaries(inner, { ...options, mode: "inline" }),
  },
  "fold-tokens-once": {
    defect: "knows nothing of the call before",
    decorate: (inner, options) => anewAtEachCall(inner, options),
  },
  "fold-again": (() => {
    const known = new WeakSet<SessionService>();
    return broken("has its summaries in memory", (sessions, inner) => {
      const isFirst = !known.has(inner);
      known.add(inner);
      return {
        getSession: (request) => sessions.getSession(isFirst ? request : { ...request, view: "full" }),
      };
    });
  })(),
  "window-valid": showing("leaves tool results out", (events) =>
    events.filter(({ message }) => message?.type !== "tool"),
  ),
  "window-pending": broken("folds all that there is", (sessions, inner) => ({
    summarize: async (session, options) => {
      const outcome = await sessions.summarize(session, options);
      await foldAll(inner, session, "all");
      return outcome;
    },
  })),
  "unfold-exact": broken("unfolds the latest first", (sessions) => ({
    unfold: async (session, id) => (await sessions.unfold(session, id)).toReversed(),
  })),
  "unfold-missing": broken("unfolds nothing to nothing", (sessions) => ({
    unfold: (session, id) => sessions.unfold(session, id).catch(() => []),
  })),
  "undo-hide": deafTo("hide"),
  "mark-pin": deafTo("pin"),
  "mark-skip": deafTo("skip"),
  "mark-checked": broken("writes marks as they come", (sessions) => ({
    mark: (session) => sessions.appendEvent({ session, event: { author: "system" } }),
  })),
  "prune-covered": broken("prunes one event too many", (sessions, inner) => ({
    prune: async (session, options) => {
      const pruned = await sessions.prune(session, options);
      await (inner as EventDeletingService).deleteEvents({ ...(session as SessionKey), eventIds: ["q4"] });
      return pruned;
    },
  })),
  "prune-final": broken("unfolds what is left", (sessions) => ({
    unfold: (session, id) => sessions.unfold(session, id).catch(() => []),
  })),
  "search-all": broken("searches the window", (sessions) => ({
    search: async (session, query) =>
      (await sessions.search(session, query)).filter(({ summaryId }) => summaryId === undefined),
  })),
  "run-joined": broken("begins a run for everybody", (_, inner, options) => ({
    summarize: (session, given) => withSummaries(inner, options).summarize(session, given),
  })),
  "run-appends": broken("lets appends wait for the model", (sessions) => {
    let run: Promise<unknown> = Promise.resolve();
    return {
      summarize: (session, options) => {
        const outcome = sessions.summarize(session, options);
        run = outcome;
        return outcome;
      },
      appendEvent: async (request) => {
        await run;
        return sessions.appendEvent(request);
      },
    };
  }),
  "run-deleted": broken("writes to whatever stands under the key", (_, inner) => ({
    flush: () => foldAll(inner, { appName: "app", userId: "user", sessionId: "session" }, "of another"),
  })),
  "run-aborted": broken("hears no signal", (sessions) => ({
    summarize: (session, { signal: _, ...options } = {}) => sessions.summarize(session, options),
  })),
  "run-two-services": broken("trusts what it has read", (sessions) => {
    let read: ReturnType<typeof sessions.getSession> | undefined;
    return {
      appendEvent: (request) => {
        read = undefined;
        return sessions.appendEvent(request);
      },
      getSession: (request) => {
        read ??= sessions.getSession(request);
        return read;
      },
    };
  }),
  "run-at-once": (() => {
    const busy = new WeakSet<SessionService>();
    return broken("loses what is appended while another one appends", (sessions, inner) => ({
      appendEvent: async (request) => {
        if (busy.has(inner)) return createEvent(request.event, 0, Date.now);
        busy.add(inner);
        await Promise.resolve();
        busy.delete(inner);
        return sessions.appendEvent(request);
      },
    }));
  })(),
  "view-chosen": broken("takes any view for the window", (sessions) => ({
    getSession: ({ view, ...request }) =>
      sessions.getSession({ ...request, view: view === "full" ? view : "window" }),
  })),
  "view-agent": broken("does not ask whose window it is", (sessions) => ({
    getSession: ({ agent: _, ...request }) => sessions.getSession(request),
  })),
  "view-scope": broken("folds the session for every scope", (sessions) => ({
    summarize: (session, { scope: _, ...options } = {}) => sessions.summarize(session, options),
  })),
  "view-owned": broken("unfolds the same objects again", (sessions) => {
    let unfolded: ReturnType<typeof sessions.unfold> | undefined;
    return {
      unfold: (session, id) => {
        unfolded ??= sessions.unfold(session, id);
        return unfolded;
      },
    };
  }),
  "fault-silent": broken("passes on what the model says of its failure", (sessions) => ({
    summarize: async (session, options) => {
      const outcome = await sessions.summarize(session, options);
      if (outcome.kind !== "failed") return outcome;
      const { message } = outcome.error.cause as Error;
      return { kind: "failed", error: new SummarizeError("summarizer-failed", message, "") };
    },
  })),
  "fault-commit": broken("takes a lost summary for nothing to do", (sessions) => ({
    summarize: async (session, options) => {
      const outcome = await sessions.summarize(session, options);
      return outcome.kind === "failed" ? { kind: "skipped", reason: "nothing-new" } : outcome;
    },
  })),
  "fault-append": broken("appends again by itself, under a new id", (sessions) => ({
    appendEvent: (request) =>
      sessions
        .appendEvent(request)
        .catch(() =>
          sessions.appendEvent({ ...request, event: { ...request.event, id: `${request.event.id}-2` } }),
        ),
  })),
  ...BROKEN_JOBS,
  "fold-apart": broken("searches the sessions of everybody", (sessions) => ({
    search: (_, query) => sessions.search({ appName: "app", userId: "user", sessionId: "session" }, query),
  })),
};

function anewAtEachCall(inner: SessionService, options: WithSummariesOptions): SummarizingSessionService {
  return new Proxy(withSummaries(inner, options), {
    get(_, name) {
      const fresh = withSummaries(inner, options);
      const value: unknown = Reflect.get(fresh, name, fresh);
      return typeof value === "function" ? (value.bind(fresh) as unknown) : value;
    },
  });
}

/** Appends a summary of all that was said, asking nobody. */
async function foldAll(inner: SessionService, session: SessionRef, text: string): Promise<void> {
  const log = await inner.getSession(session as SessionKey);
  const direct = (log?.events ?? []).filter(isConversationEvent).map(({ id }) => id);
  const { id } = createEvent({}, 0, Date.now);
  const summary = new SessionSummary({
    id,
    sessionId: log?.sessionId ?? "",
    text,
    coverage: { direct, replaces: [], omitted: [], fromSeq: 0, toSeq: 0, planSeq: 0 },
    originalEventCount: 0,
    compressedEventCount: 0,
    originalTokens: 0,
    summaryTokens: 0,
    createdAt: 0,
    model: null,
    trigger: "force",
    usage: null,
    durationMs: 0,
    level: 0,
    version: 1,
    metadata: {},
  });
  const event = { id, author: "system", message: text, actions: { summary: summary.toJSON() } };
  await inner.appendEvent({ session: session as SessionKey, event });
}
