import type {
  SessionService,
  SummarizeOutcome,
  SummarizingSessionService,
  WithSummariesOptions,
} from "@sessionfold/core";
import { ConformanceFailure } from "../conformance-failure.ts";
import { withDisposal } from "./disposal.ts";
import { KEY } from "./reading.ts";
import { scriptedSummarizer } from "./scripted-summarizer.ts";
import { type StoreOptions, withServiceKit } from "./service-kit.ts";

/** When the service under test folds by itself. */
export type FoldMode = NonNullable<WithSummariesOptions["mode"]>;

/** Makes a service fold, as `withSummaries` does. */
export type Decorate = (inner: SessionService, options: WithSummariesOptions) => SummarizingSessionService;

/** What the rules for a folding service work with. */
export interface SummarizingKit {
  readonly mode: FoldMode;
  /** A plain service without sessions. */
  inner(): Promise<SessionService>;
  /** One more plain service over the storage of that one, or the very same. */
  another(inner: SessionService): Promise<SessionService>;
  /** Makes it fold. Never due by itself, one turn kept, unless the options say otherwise. */
  decorate(inner: SessionService, options?: WithSummariesOptions): SummarizingSessionService;
  /** A folding service of that kind with an empty session under `KEY` in it. */
  open(options?: WithSummariesOptions): Promise<SummarizingSessionService>;
  /** Gives folds that are due their chance, and waits for them. */
  settle(sessions: SummarizingSessionService): Promise<void>;
}

/** Runs a task with a kit, and closes afterwards what was opened for it. */
export function withSummarizingKit(
  store: StoreOptions,
  mode: FoldMode,
  decorate: Decorate,
  task: (kit: SummarizingKit) => Promise<void>,
): Promise<void> {
  return withServiceKit(store, (plain) =>
    // Closed before the stores beneath them.
    withDisposal((later) => {
      const kit: SummarizingKit = {
        mode,
        inner: () => plain.service(),
        another: (inner) => plain.another(inner),
        decorate: (inner, options = {}) => {
          const sessions = decorate(inner, {
            ...DEFAULTS,
            mode,
            summarizer: scriptedSummarizer(),
            ...options,
          });
          later(() => sessions.close());
          return sessions;
        },
        open: async (options) => {
          const sessions = kit.decorate(await kit.inner(), options);
          await sessions.createSession(KEY);
          return sessions;
        },
        settle: async (sessions) => {
          if (mode === "manual") await sessions.summarize(KEY);
          await sessions.flush();
        },
      };
      return task(kit);
    }),
  );
}

/** Never due by itself, and counted without a tokenizer, which takes long to load. */
const DEFAULTS: WithSummariesOptions = {
  trigger: () => false,
  keep: { turns: 1 },
  minGain: 0,
  tokenCounter: (text) => text.length,
  logger: { warn: () => {} },
};

/** Folds the session now. @throws ConformanceFailure unless a summary was committed. */
export async function fold(
  sessions: SummarizingSessionService,
): Promise<Extract<SummarizeOutcome, { kind: "summarized" }>> {
  const outcome = await sessions.summarize(KEY, { force: true });
  if (outcome.kind === "summarized") return outcome;
  const why = outcome.kind === "skipped" ? outcome.reason : outcome.error.code;
  throw new ConformanceFailure(`Expected a forced fold to commit a summary, got ${outcome.kind}: ${why}`, {
    cause: outcome.kind === "failed" ? outcome.error : undefined,
  });
}
