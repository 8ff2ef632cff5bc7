import { type SummarizingSessionService, withSummaries } from "@sessionfold/core";
import { wrap } from "./wrap.ts";
import { type AlsoBrokenFolding, type BrokenFolding, brokenFolding, deafFolding } from "./wrap-folding.ts";

const background = { mode: "background" } as const;
const inline = { mode: "inline" } as const;

const refusing = (
  ...methods: readonly Exclude<keyof SummarizingSessionService, "metadata">[]
): BrokenFolding =>
  brokenFolding(`refuses ${methods.join(" and ")} after close`, (sessions) => {
    let isClosed = false;
    const close = async (): Promise<void> => {
      isClosed = true;
      await sessions.close();
    };
    const guarded = methods.map((method) => {
      const call = (sessions[method] as (...args: unknown[]) => Promise<unknown>).bind(sessions);
      const guard = async (...args: unknown[]): Promise<unknown> => {
        if (isClosed) throw new Error("closed");
        return call(...args);
      };
      return [method, guard];
    });
    return { ...(Object.fromEntries(guarded) as Partial<SummarizingSessionService>), close };
  });

/** Folding services of which each breaks one rule on jobs and their end. */
export const BROKEN_JOBS: Readonly<Record<string, BrokenFolding>> = {
  "job-waits": {
    ...background,
    ...deafFolding("folds in the append and says that it does not", (options) => ({
      ...options,
      mode: "inline",
    })),
  },
  "job-not-now": {
    ...inline,
    ...brokenFolding("folds at an append that is not to fold", (sessions) => ({
      appendEvent: ({ fold: _, ...request }) => sessions.appendEvent(request),
    })),
  },
  "job-alone": {
    ...inline,
    ...brokenFolding("begins a fold at each append", (_, inner, options) => ({
      appendEvent: (request) => withSummaries(inner, options).appendEvent(request),
    })),
  },
  "job-bounded": {
    ...background,
    ...deafFolding("folds as many as there are", (options) => ({ ...options, maxConcurrentFolds: 100 })),
  },
  "job-failed": {
    ...background,
    defect: "gives a session up whose fold has failed",
    decorate: (inner, options) => {
      let isGivenUp = false;
      const onOutcome: typeof options.onOutcome = (outcome, context) => {
        isGivenUp ||= outcome.kind === "failed";
        return options.onOutcome?.(outcome, context);
      };
      const sessions = withSummaries(inner, { ...options, onOutcome });
      return wrap(sessions, {
        appendEvent: (request) => sessions.appendEvent({ ...request, fold: !isGivenUp }),
      });
    },
  },
  "job-told": {
    ...background,
    ...deafFolding("tells no platform of its folds", ({ waitUntil: _, ...options }) => options),
  },
  "read-limit": {
    ...background,
    ...deafFolding("knows no limit", (options) => ({ ...options, limit: false })),
  },
  "read-limit-over": {
    ...background,
    ...deafFolding("waits as long as it takes", ({ limitWaitMs: _, ...options }) => options),
  },
  "prune-elsewhere": brokenFolding("finds what it has found before", (sessions) => {
    const found = new Map<string, ReturnType<typeof sessions.unfold>>();
    return {
      unfold: (session, id) => {
        const events = found.get(id) ?? sessions.unfold(session, id);
        found.set(id, events);
        return events;
      },
    };
  }),
  "flush-waits": brokenFolding("flushes nothing", () => ({ flush: async () => {} })),
  "close-waits": brokenFolding("closes nothing", () => ({ close: async () => {} })),
  "close-goes-on": refusing("appendEvent"),
  "close-calls-off": brokenFolding("takes its time to close", (sessions) => ({
    close: () => sessions.close(),
  })),
};

/** Others that do. */
export const ALSO_BROKEN_JOBS: readonly AlsoBrokenFolding[] = [
  {
    rule: "job-waits",
    ...inline,
    ...deafFolding("folds behind the append and says that it waits", (options) => ({
      ...options,
      mode: "background",
    })),
  },
  {
    rule: "job-failed",
    ...inline,
    defect: "fails the append with its fold",
    decorate: (inner, options) => {
      let failure: Error | undefined;
      const onOutcome: typeof options.onOutcome = (outcome, context) => {
        if (outcome.kind === "failed") failure = outcome.error;
        return options.onOutcome?.(outcome, context);
      };
      const sessions = withSummaries(inner, { ...options, onOutcome });
      return wrap(sessions, {
        appendEvent: async (request) => {
          failure = undefined;
          const stored = await sessions.appendEvent(request);
          if (failure !== undefined) throw failure as Error;
          return stored;
        },
      });
    },
  },
  {
    rule: "job-told",
    ...inline,
    ...deafFolding("tells nobody what became of a fold", ({ onOutcome: _, ...options }) => options),
  },
  {
    rule: "read-limit",
    ...background,
    ...brokenFolding("lets each read wait", (sessions) => ({
      getSession: ({ wait: _, ...request }) => sessions.getSession(request),
    })),
  },
  {
    rule: "close-waits",
    ...inline,
    ...brokenFolding("goes on folding after close", (sessions) => ({ close: () => sessions.flush() })),
  },
  { rule: "close-goes-on", ...refusing("getSession") },
  { rule: "close-goes-on", ...refusing("mark", "search") },
];
