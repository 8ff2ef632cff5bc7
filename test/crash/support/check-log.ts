import assert from "node:assert/strict";
import {
  FoldedLog,
  isConversationEvent,
  isSummaryEvent,
  type SessionEvent,
  SessionSummary,
  windowOf,
} from "@sessionfold/core";
import { eventBody } from "@sessionfold/core/storage";
import { requestProblems } from "../../support/provider-rules.ts";
import { referenceFold } from "../../support/reference-fold.ts";
import { textOfIds } from "./reading-summarizer.ts";

/** Checks what any log must be, however it came about. `gone` are the ids of events that were deleted. */
export function checkLog(log: readonly SessionEvent[], gone: ReadonlySet<string>): void {
  checkPlaces(log);
  checkSummaries(log, gone);
  checkOnce(log, gone);
}

/** Positions rise, and no id stands twice. */
function checkPlaces(log: readonly SessionEvent[]): void {
  for (const [at, { seq }] of log.entries())
    assert.ok(at === 0 || seq > (log[at - 1]?.seq ?? -1), `entry ${at} is not behind the one before it`);
  assert.equal(new Set(log.map(({ id }) => id)).size, log.length, "an id is stored twice");
}

/** Every summary is whole: it says what it was written of, all of which stands before it. */
function checkSummaries(log: readonly SessionEvent[], gone: ReadonlySet<string>): void {
  const at = new Map(log.map(({ id }, place) => [id, place]));
  for (const [place, { id, actions }] of log.entries()) {
    if (actions.summary === undefined) continue;
    const summary = SessionSummary.fromJSON(actions.summary);
    assert.equal(summary.id, id);
    const { direct, replaces } = summary.coverage;
    assert.equal(summary.text, textOfIds(direct), `the summary ${id} says something else than it read`);
    for (const read of [...direct, ...replaces]) {
      assert.ok(
        gone.has(read) || (at.get(read) ?? place) < place,
        `the summary ${id} covers ${read}, which does not stand before it`,
      );
    }
  }
}

/** Invariant 2: each event is visible, skipped, or covered by exactly one effective summary; what was deleted is covered. */
function checkOnce(log: readonly SessionEvent[], gone: ReadonlySet<string>): void {
  const folded = FoldedLog.of(log);
  const covering = new Map<string, number>();
  for (const { summary } of folded.effective)
    for (const id of folded.coveredIds(summary.id)) covering.set(id, (covering.get(id) ?? 0) + 1);
  for (const id of gone)
    assert.equal(covering.get(id), 1, `the deleted event ${id} is not covered by one effective summary`);
  const visible = new Set(folded.visible.map(({ id }) => id));
  for (const event of log.filter(isConversationEvent)) {
    const { id } = event;
    const times = covering.get(id) ?? 0;
    assert.ok(times <= 1, `${id} is covered by ${times} effective summaries`);
    const isOmitted = folded.omittingSummary(id) !== undefined && folded.isSkipped(event);
    const isShown = visible.has(id);
    if (folded.isPinned(event)) assert.ok(isShown, `${id} is pinned and not visible`);
    else
      assert.equal(
        Number(isShown) + times + Number(isOmitted && times === 0),
        1,
        `${id} is visible: ${isShown}, covered: ${times}, omitted: ${isOmitted}`,
      );
  }
}

/** The log by the naive fold, which takes long for a large one. */
export function checkByNaiveFold(log: readonly SessionEvent[]): void {
  const naive = referenceFold(log);
  const folded = FoldedLog.of(log);
  assert.deepEqual(
    folded.visible.map(({ id }) => id),
    naive.visible,
  );
  assert.deepEqual(
    folded.effective.map(({ summary }) => summary.id),
    naive.effective,
  );
}

/** Entries byte for byte, positions included. */
export function bytesOf(events: readonly SessionEvent[]): readonly string[] {
  return events.map((event) => `${event.seq} ${eventBody(event)}`);
}

/** A window is what the log folds to, and a request that providers take. */
export function checkWindow(log: readonly SessionEvent[], window: readonly SessionEvent[]): void {
  assert.deepEqual(bytesOf(window), bytesOf(windowOf(FoldedLog.of(log))), "the window of another log");
  const messages = window.flatMap(({ message }) => (message === undefined ? [] : [message]));
  assert.deepEqual(requestProblems(messages, { openRoundLast: true }), [], "a window that providers refuse");
}

/** Ids of the summaries in a log. */
export function summaryIds(log: readonly SessionEvent[]): readonly string[] {
  return log.filter(isSummaryEvent).map(({ id }) => id);
}
