import {
  type EventInput,
  EventsPrunedError,
  eventToJson,
  InMemorySessionService,
  isConversationEvent,
  isSummaryEvent,
  type KeepPolicy,
  type ListedSummary,
  type SessionEvent,
  type SessionSummary,
  type Strategy,
  type SummarizerRequest,
  type SummarizingSessionService,
  withSummaries,
} from "@sessionfold/core";
import fc from "fast-check";
import { expect } from "vitest";
import { a, call, res, u } from "./events.ts";
import { requestProblems } from "./provider-rules.ts";
import { referenceFold } from "./reference-fold.ts";
import { KEY } from "./sessions.ts";
import { stubSummarizer } from "./stub-summarizer.ts";

/** What is done after an append; `pick` chooses on what. */
export interface Act {
  readonly kind: "nothing" | "fold" | "undo" | "redo" | "pin" | "skip" | "prune";
  readonly pick: number;
}

/** A fold that was committed. */
export interface Folded {
  readonly summary: SessionSummary;
  readonly request: SummarizerRequest;
  /** The window before it and after it. */
  readonly before: readonly SessionEvent[];
  readonly after: readonly SessionEvent[];
  /** Effective summaries before it and after it, in log order. */
  readonly stood: readonly SessionSummary[];
  readonly stand: readonly SessionSummary[];
}

/** How a conversation is played. */
export interface Replay {
  readonly strategy: Strategy;
  readonly blockLimit: number;
  readonly keep: KeepPolicy;
  readonly events: readonly EventInput[];
  readonly acts: readonly Act[];
  /** Folds only after an agent's answer, when no turn is in progress. */
  readonly afterAnswers?: boolean;
}

/**
 * Plays a conversation through a decorated in-memory service and checks the invariants 1, 2, 3 and 5 after each act.
 * Returns the folds that were committed.
 */
export async function replay(options: Replay): Promise<readonly Folded[]> {
  const { strategy, blockLimit, keep } = options;
  let written = 0;
  const summarizer = stubSummarizer(() => `S${++written}`);
  const sessions = withSummaries(new InMemorySessionService(), {
    mode: "manual",
    summarizer,
    strategy,
    blockLimit,
    keep,
    tokenCounter: (text) => text.length,
  });
  const session = await sessions.createSession(KEY);
  const said: SessionEvent[] = [];
  const pruned = new Set<string>();
  const folds: Folded[] = [];
  const requestOf = (id: string): SummarizerRequest | undefined =>
    summarizer.requests.find((request) => request.id === id);
  for (const [at, event] of options.events.entries()) {
    said.push(await sessions.appendEvent({ session, event }));
    const act = options.acts[at];
    if (act === undefined || act.kind === "nothing") continue;
    if (act.kind === "fold") {
      if (options.afterAnswers === true && !isAnswer(said.at(-1))) continue;
      const before = await windowOf(sessions);
      const stood = await effectiveOf(sessions);
      const outcome = await sessions.summarize(KEY, { force: true });
      expect(outcome.kind).not.toBe("failed");
      if (outcome.kind === "summarized") {
        const { summary } = outcome;
        const request = requestOf(summary.id);
        if (request === undefined) throw new Error("A summary that nobody was asked for");
        for (const { id } of request.events) expect(pendingCalls(said)).not.toContain(id);
        const [after, stand] = [await windowOf(sessions), await effectiveOf(sessions)];
        folds.push({ summary, request, before, after, stood, stand });
      }
    } else {
      await mark(sessions, act, said, pruned);
    }
    await checkInvariants(sessions, said, pruned, requestOf);
  }
  return folds;
}

/** Tidy conversations: turns with some tool rounds, of which a few stay without result, and some skipped answers. */
export function talks(): fc.Arbitrary<readonly EventInput[]> {
  const turn = fc.record({
    rounds: fc.array(fc.nat({ max: 9 }), { maxLength: 2 }),
    skip: fc.nat({ max: 9 }).map((roll) => roll === 0),
  });
  return fc
    .array(turn, { minLength: 4, maxLength: 16, size: "max" })
    .map((given) =>
      given.flatMap(({ rounds, skip }, at) => [
        u(`question ${at}`),
        ...rounds.flatMap((roll) =>
          roll === 0 ? [call("c0")] : [call(`c${roll % 4}`), res(`c${roll % 4}`)],
        ),
        a(`answer ${at}`, { actions: skip ? { skipSummarization: true } : {} }),
      ]),
    );
}

/** Summaries that are effective now, in log order. */
export async function effectiveOf(sessions: SummarizingSessionService): Promise<readonly SessionSummary[]> {
  return (await sessions.listSummaryStatus(KEY))
    .filter(({ status }) => status === "effective")
    .map(({ summary }) => summary);
}

/** An event as it is stored, to compare byte for byte. */
export function bytes(event: SessionEvent): string {
  return JSON.stringify(eventToJson(event));
}

async function windowOf(sessions: SummarizingSessionService): Promise<readonly SessionEvent[]> {
  return (await sessions.getSession(KEY))?.events ?? [];
}

function isAnswer(event: SessionEvent | undefined): boolean {
  return event?.message?.type === "ai" && !callsTools(event);
}

function callsTools(event: SessionEvent): boolean {
  return ((event.message as { tool_calls?: unknown[] } | undefined)?.tool_calls ?? []).length > 0;
}

/** Ids of calls after which no user has spoken and for which a result is missing. */
function pendingCalls(said: readonly SessionEvent[]): readonly string[] {
  const turn = said.slice(said.findLastIndex(({ author }) => author === "user") + 1);
  return turn.flatMap((event, at) => {
    const { tool_calls: calls = [] } = (event.message ?? {}) as { tool_calls?: { id?: string }[] };
    const later = turn
      .slice(at + 1)
      .map(({ message }) => (message as { tool_call_id?: string }).tool_call_id);
    return calls.some(({ id }) => !later.includes(id)) ? [event.id] : [];
  });
}

async function mark(
  sessions: SummarizingSessionService,
  { kind, pick }: Act,
  said: readonly SessionEvent[],
  pruned: Set<string>,
): Promise<void> {
  const summaries = await sessions.listSummaryStatus(KEY);
  const listed = summaries[pick % Math.max(1, summaries.length)]?.summary.id;
  const event = said[pick % said.length]?.id ?? "";
  try {
    if (kind === "undo" && listed !== undefined) await sessions.mark(KEY, { hide: listed });
    if (kind === "redo" && listed !== undefined) await sessions.mark(KEY, { unhide: listed });
    if (kind === "pin" && !pruned.has(event)) await sessions.mark(KEY, { pin: event });
    if (kind === "skip" && !pruned.has(event)) await sessions.mark(KEY, { skip: event });
  } catch (error) {
    // What would void a summary that is all there is left is refused.
    if (!(error instanceof EventsPrunedError && (kind === "undo" || kind === "redo"))) throw error;
  }
  if (kind !== "prune" || listed === undefined) return;
  const { effective, covers } = referenceFold(
    (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [],
  );
  const covered = new Set(effective.flatMap((id) => [...covers(id)]));
  for (const id of await sessions.prune(KEY, pick % 2 === 0 ? {} : { summaryId: listed })) {
    expect(covered.has(id)).toBe(true);
    pruned.add(id);
  }
}

async function checkInvariants(
  sessions: SummarizingSessionService,
  said: readonly SessionEvent[],
  pruned: ReadonlySet<string>,
  requestOf: (id: string) => SummarizerRequest | undefined,
): Promise<void> {
  const log = (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
  const raw = log.filter(isConversationEvent);
  const kept = said.filter(({ id }) => !pruned.has(id));
  expect(raw.map(({ id }) => id)).toEqual(kept.map(({ id }) => id));

  const listed = await sessions.listSummaryStatus(KEY);
  const window = await windowOf(sessions);
  checkCoverage(log, said, listed, window, requestOf);
  const messages = window.flatMap(({ message }) => (message === undefined ? [] : [message]));
  expect(requestProblems(messages, { openRoundLast: true })).toEqual([]);

  const { covers } = referenceFold(log);
  for (const { summary } of listed) {
    const covered = covers(summary.id);
    if ([...covered].some((id) => pruned.has(id))) {
      await expect(sessions.unfold(KEY, summary.id)).rejects.toThrow(EventsPrunedError);
      continue;
    }
    const unfolded = await sessions.unfold(KEY, summary.id);
    expect(unfolded.map(bytes)).toEqual(said.filter(({ id }) => covered.has(id)).map(bytes));
  }
}

/** Invariant 2: visible, or skipped, or covered by exactly one effective summary that read it. */
function checkCoverage(
  log: readonly SessionEvent[],
  said: readonly SessionEvent[],
  listed: readonly ListedSummary[],
  window: readonly SessionEvent[],
  requestOf: (id: string) => SummarizerRequest | undefined,
): void {
  const reference = referenceFold(log);
  const effective = listed.filter(({ status }) => status === "effective").map(({ summary }) => summary);
  expect(effective.map(({ id }) => id)).toEqual(reference.effective);
  const readBefore = new Set<string>();
  for (const { summary } of listed) {
    const request = requestOf(summary.id);
    const read = request?.events.map(({ id }) => id) ?? [];
    expect(summary.coverage.direct.filter((id) => read.includes(id))).toEqual(read);
    // What was skipped or pinned since an earlier summary read it is not read again, and stays covered.
    for (const id of summary.coverage.direct) if (!read.includes(id)) expect(readBefore.has(id)).toBe(true);
    for (const id of read) readBefore.add(id);
    expect(summary.coverage.replaces).toEqual(request?.previous.map(({ id }) => id));
  }
  const skippedOnce = new Set(listed.flatMap(({ summary }) => summary.coverage.omitted));
  const visible = new Set(reference.visible);
  for (const { id } of said) {
    const readers = effective.filter((summary) => reference.covers(summary.id).has(id));
    expect(readers.length).toBeLessThanOrEqual(1);
    if (!visible.has(id) && readers.length === 0) expect(skippedOnce.has(id)).toBe(true);
  }
  expect(
    window
      .filter(isSummaryEvent)
      .map(({ id }) => id)
      .sort(),
  ).toEqual(effective.map(({ id }) => id).sort());
  const shown = new Set(window.map(({ id }) => id));
  for (const event of said) {
    const isPlain = event.message?.type !== "tool" && !callsTools(event) && event.message?.text !== "";
    if (isPlain) expect(shown.has(event.id)).toBe(visible.has(event.id));
  }
}
