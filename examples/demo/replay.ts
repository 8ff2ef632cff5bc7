import {
  InMemorySessionService,
  isConversationEvent,
  isSessionfoldError,
  type SessionEvent,
  type SessionfoldError,
  type SessionService,
  type SessionSummarizerOptions,
  type Summarized,
  type SummarizeOutcome,
  type TriggerExplanation,
  withSummaries,
} from "@sessionfold/core";
import {
  checkOf,
  earlierFolds,
  eventId,
  eventsBehind,
  lookAtTokens,
  storedPart,
  tokensIn,
} from "./earlier-run.ts";
import type { Transcript } from "./formats/transcript.ts";
import { memoCounter } from "./memo-counter.ts";
import { replayClock } from "./replay-clock.ts";
import { UserError } from "./user-error.ts";

/** A fold that happened, and where. */
export interface Fold {
  readonly turn: number;
  /** Events replayed until then. */
  readonly event: number;
  readonly outcome: Summarized;
  /** How many events of the log the summary stands for, those of the summaries that it replaced included. */
  readonly standsFor: number;
}

/** A fold that was tried in vain; the session went on unfolded. */
export interface FailedFold {
  readonly turn: number;
  readonly event: number;
  readonly error: SessionfoldError;
}

/** What became of one session. */
export interface Replayed {
  readonly id: string;
  readonly events: number;
  readonly turns: number;
  readonly folds: readonly Fold[];
  readonly failures: readonly FailedFold[];
  /** What the last check saw that did not fold. */
  readonly lastCheck: TriggerExplanation | undefined;
  /** What a model would see now. */
  readonly window: readonly SessionEvent[];
  readonly windowTokens: number;
  /** Tokens that a model would see without folding. */
  readonly fullTokens: number;
  /** Events that the log still holds. */
  readonly logged: number;
  /** Of the events, those that an earlier run had stored. */
  readonly already: number;
}

/** Replays sessions one after the other through one service. */
export interface Replayer {
  /** @throws UserError when the model fails again and again, or another conversation is stored under that id. */
  replay(transcript: Transcript, onEvent: () => void): Promise<Replayed>;
}

const APP = { appName: "demo", userId: "you" };
/** After so many failures in a row a model is taken to be out of reach. */
const GIVE_UP_AFTER = 3;

/**
 * A replayer over a decorated service, by default one in memory. This is how an application would set one up. A session that
 * the service has already goes on where it stopped.
 */
export function createReplayer(
  policy: SessionSummarizerOptions,
  service: SessionService = new InMemorySessionService(),
): Replayer {
  const clock = replayClock();
  const tokenCounter = memoCounter();
  let onFold: (outcome: SummarizeOutcome) => void = () => undefined;
  const sessions = withSummaries(service, {
    ...policy,
    mode: "inline",
    tokenCounter,
    clock: clock.now,
    onOutcome: (outcome, { automatic }) => {
      if (automatic) onFold(outcome);
    },
  });
  return {
    async replay(transcript, onEvent) {
      clock.restart();
      tokenCounter.forget();
      const session = { ...APP, sessionId: transcript.id };
      const stored = await storedPart(sessions, session, transcript);
      const folds: Fold[] = [...(await earlierFolds(sessions, stored.log, policy.trigger))];
      const failures: FailedFold[] = [];
      const standsFor = new Map(folds.map((fold) => [fold.outcome.summary.id, fold.standsFor]));
      let lastCheck: TriggerExplanation | undefined;
      let turn = 0;
      let event = 0;
      let inARow = 0;
      onFold = (outcome) => {
        if (outcome.kind === "skipped") {
          lastCheck = outcome.explanation ?? lastCheck;
        } else if (outcome.kind === "failed") {
          failures.push({ turn, event, error: outcome.error });
          inARow++;
        } else {
          inARow = 0;
          const events = eventsBehind(outcome.summary, standsFor);
          standsFor.set(outcome.summary.id, events);
          folds.push({ turn, event, outcome, standsFor: events });
        }
      };
      for (const input of transcript.events) {
        event++;
        if (input.message.type === "human" && (input.author ?? "user") === "user") turn++;
        const timestamp = clock.advance(input);
        if (event <= stored.events) {
          onEvent();
          continue;
        }
        await sessions.appendEvent({ session, event: { ...input, id: eventId(event), timestamp } });
        onEvent();
        if (inARow >= GIVE_UP_AFTER && sessions.metadata.modelAvailable) throw givingUp(failures);
      }
      const full = await sessions.getSession({ ...session, view: "full" });
      const window = await sessions.getSession(session);
      const log = (full?.events ?? []).filter(isConversationEvent);
      return {
        id: transcript.id,
        events: event,
        turns: turn,
        folds,
        failures,
        lastCheck: lastCheck ?? (await checkOf(sessions, stored.log, policy.trigger)).explanation,
        window: window?.events ?? [],
        windowTokens: tokensIn(await sessions.summarize(session, { trigger: lookAtTokens })),
        fullTokens: tokensIn(await sessions.summarizeEvents(log, { trigger: lookAtTokens })),
        logged: log.length,
        already: stored.events,
      };
    },
  };
}

function givingUp(failures: readonly FailedFold[]): UserError {
  const last = failures.at(-1);
  return new UserError(
    `The model failed ${GIVE_UP_AFTER} times in a row, so the replay stops: ${reasonOf(last?.error)}`,
  );
}

/** An error with the one behind it, in one line. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const [line = ""] = String(message).split("\n");
  return isSessionfoldError(error) && cause instanceof Error ? `${line}: ${reasonOf(cause)}` : line;
}
