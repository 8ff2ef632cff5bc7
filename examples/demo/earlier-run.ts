import { isDeepStrictEqual } from "node:util";
import {
  allOf,
  createEvent,
  evaluateTrigger,
  eventToJson,
  isConversationEvent,
  isSummaryEvent,
  isUserEvent,
  type SessionEvent,
  type SessionKey,
  SessionSummary,
  type SummarizeOutcome,
  type SummarizingSessionService,
  type TriggerExplanation,
  type TriggerOption,
} from "@sessionfold/core";
import type { Transcript } from "./formats/transcript.ts";
import { plural } from "./numbers.ts";
import type { Fold } from "./replay.ts";
import { UserError } from "./user-error.ts";

/** What an earlier run has left of a session. */
export interface StoredPart {
  /** The whole log, summaries included. */
  readonly log: readonly SessionEvent[];
  /** How many events of the transcript are in it: its first ones. */
  readonly events: number;
}

/** Id of the event at that place of a transcript, counted from 1. */
export function eventId(place: number): string {
  return `e${place}`;
}

/**
 * The session as it is stored; made, if it is not there.
 * @throws UserError where what is stored is not the beginning of the transcript
 */
export async function storedPart(
  sessions: SummarizingSessionService,
  key: SessionKey,
  { id, events }: Transcript,
): Promise<StoredPart> {
  const stored = await sessions.getSession({ ...key, view: "full" });
  if (stored === null) await sessions.createSession(key);
  const log = stored?.events ?? [];
  const said = log.filter(isConversationEvent);
  const differs = said.findIndex((event, at) => {
    const input = events[at];
    return input === undefined || !isDeepStrictEqual(plain(event), plain({ ...input, id: eventId(at + 1) }));
  });
  if (differs >= 0) {
    throw new UserError(
      `--store: the file holds another conversation as session "${id}", with ${plural(said.length, "event")} of which number ${differs + 1} is not in this transcript. Name another file, or another session with --session.`,
    );
  }
  return { log, events: said.length };
}

/** What an event says, whenever it was said. */
function plain(event: Parameters<typeof createEvent>[0]): unknown {
  const { seq: _seq, timestamp: _timestamp, ...rest } = eventToJson(createEvent(event, 0, Date.now));
  return JSON.parse(JSON.stringify(rest));
}

/** The folds that are in a log, with the figures that were told when they happened. */
export async function earlierFolds(
  sessions: SummarizingSessionService,
  log: readonly SessionEvent[],
  trigger: TriggerOption | undefined,
): Promise<readonly Fold[]> {
  const folds: Fold[] = [];
  const standsFor = new Map<string, number>();
  for (const [at, entry] of log.entries()) {
    if (!isSummaryEvent(entry)) continue;
    const summary = SessionSummary.fromJSON(entry.actions.summary);
    const earlier = log.slice(0, at);
    const before = await checkOf(sessions, earlier, trigger);
    const after = await checkOf(sessions, log.slice(0, at + 1), undefined);
    standsFor.set(summary.id, eventsBehind(summary, standsFor));
    folds.push({
      turn: earlier.filter(isUserEvent).length,
      event: earlier.filter(isConversationEvent).length,
      outcome: {
        kind: "summarized",
        summary,
        ...(before.explanation?.fired === true && { explanation: before.explanation }),
        before: { events: summary.originalEventCount, tokens: before.tokens },
        after: { events: summary.compressedEventCount, tokens: after.tokens },
        window: [],
      },
      standsFor: standsFor.get(summary.id) ?? 0,
    });
  }
  return folds;
}

/** How many events a summary stands for, those of the summaries that it replaced included. */
export function eventsBehind({ coverage }: SessionSummary, standsFor: ReadonlyMap<string, number>): number {
  const earlier = coverage.replaces.map((replaced) => standsFor.get(replaced) ?? 0);
  return earlier.reduce((sum, events) => sum + events, coverage.direct.length);
}

/** What a trigger says of a log, and how many tokens its window holds. Folds nothing. */
export async function checkOf(
  sessions: SummarizingSessionService,
  log: readonly SessionEvent[],
  trigger: TriggerOption | undefined,
): Promise<{ readonly explanation: TriggerExplanation | undefined; readonly tokens: number }> {
  let explanation: TriggerExplanation | undefined;
  const outcome = await sessions.summarizeEvents(log, {
    trigger: async (statistics, now) => {
      const asked = typeof trigger === "object" ? allOf(trigger) : trigger;
      if (asked !== undefined) explanation = await evaluateTrigger(asked, statistics, now);
      return lookAtTokens(statistics);
    },
  });
  return { explanation, tokens: tokensIn(outcome) };
}

/** A trigger that never fires and tells how many tokens the window holds. */
export function lookAtTokens({ windowTokens }: { readonly windowTokens: number }): TriggerExplanation {
  return { name: "window tokens", fired: false, observed: windowTokens };
}

/** The tokens that such a trigger has told. */
export function tokensIn(outcome: SummarizeOutcome): number {
  const explanation = outcome.kind === "skipped" ? outcome.explanation : undefined;
  return explanation?.name === "window tokens" ? (explanation.observed ?? 0) : 0;
}
