import { AIMessage, HumanMessage } from "@langchain/core/messages";
import type { EventInput, ImportSessionRequest, SessionEvent, SessionKey } from "@sessionfold/core";
import { SessionSummary } from "@sessionfold/core";
import { createEvent, summaryWriter } from "@sessionfold/core/engine";

/** Events between two folds of the sessions that are measured, and events that a fold leaves. All windows are equally long then. */
const FOLDED_EVERY = 20;
const KEPT = 20;

/** What is said at a turn, with some words that few other events have. */
export function said(at: number): EventInput {
  const message =
    at % 2 === 0
      ? new HumanMessage(`Where is parcel ${at}? It was sent on Monday and should have been here by now.`)
      : new AIMessage(`Parcel ${at - 1} is on its way. It left Leipzig this morning and arrives on Friday.`);
  return { id: `event-${at}`, message, timestamp: 1_700_000_000_000 + at * 1000 };
}

/** A session of so many events as a rolling policy leaves it: a summary every twenty, each in the place of the one before. */
export function longSession(key: SessionKey, count: number): ImportSessionRequest {
  const writer = summaryWriter({});
  const events: SessionEvent[] = [];
  let last: SessionSummary | undefined;
  let from = 0;
  for (let at = 0; at < count; at++) {
    events.push(createEvent(said(at), events.length, () => 0));
    if (at - from + 1 < FOLDED_EVERY + KEPT) continue;
    const direct = Array.from({ length: FOLDED_EVERY }, (_, each) => `event-${from + each}`);
    from += FOLDED_EVERY;
    last = summaryOf(key, direct, events.length - 1, last);
    const event = { id: last.id, author: "system", invocationId: "summary", message: writer(last) };
    const input = { ...event, timestamp: last.createdAt, actions: { summary: last.toJSON() } };
    events.push(createEvent(input, events.length, () => 0));
  }
  return { ...key, state: {}, events, lastUpdateTime: 0 };
}

function summaryOf(
  { sessionId }: SessionKey,
  direct: readonly string[],
  planSeq: number,
  before: SessionSummary | undefined,
): SessionSummary {
  const version = (before?.version ?? 0) + 1;
  return new SessionSummary({
    id: `summary-${version}`,
    sessionId,
    text: `The user asked for ${(version * FOLDED_EVERY) / 2} parcels, which are on their way.`,
    coverage: {
      direct,
      replaces: before === undefined ? [] : [before.id],
      omitted: [],
      fromSeq: 0,
      toSeq: planSeq - KEPT,
      planSeq,
    },
    originalEventCount: FOLDED_EVERY + KEPT + 1,
    compressedEventCount: KEPT + 1,
    originalTokens: 480,
    summaryTokens: 16,
    createdAt: 1_700_000_000_000 + version * 100_000,
    model: "bench",
    trigger: "bench",
    usage: null,
    durationMs: 0,
    level: 0,
    version,
    metadata: {},
  });
}
