import assert from "node:assert/strict";
import type { AIMessage } from "@langchain/core/messages";
import { isConversationEvent } from "@sessionfold/core";
import { requestProblems } from "../../support/provider-rules.ts";
import { bytesOf } from "../support/scripted-summarizer.ts";
import type { Change, Version } from "../support/storage.ts";
import type { World } from "../support/world.ts";
import { checkCommit } from "./check-commit.ts";
import { type LogView, pendingCalls, textOf, viewOf } from "./log-view.ts";

/** Checks what a store holds after every change of it: no step of a run may break a log, not even for a moment. */
export function checkChange(world: World, key: string, change: Change, now: Version, before: Version): void {
  world.steps++;
  if (change === "delete" || change === "create") return;
  const [is, was] = [viewOf(now), viewOf(before)];
  if (change === "append") checkAppend(world, key, is, was);
  else checkPrune(is, was, world.isAlone ? [before] : world.storage.versions(key));
  checkLog(world, is);
  const added = is.events.at(-1);
  if (change === "append" && added?.actions.summary !== undefined && is.events.length > was.events.length)
    checkCommit(world, key, now, before, added);
}

/** Invariant 1: a log only ever grows at its end, by what somebody has said. */
function checkAppend(world: World, key: string, is: LogView, was: LogView): void {
  assert.ok(is.events.length <= was.events.length + 1, "one append stored more than one entry");
  assert.equal(
    textOf(is.events.slice(0, was.events.length)),
    textOf(was.events),
    "an append changed the log",
  );
  assert.equal(new Set(is.events.map(({ id }) => id)).size, is.events.length, "an id is stored twice");
  const added = is.events[was.events.length];
  if (added === undefined || !isConversationEvent(added)) return;
  const bytes = bytesOf(added);
  const isKnown = world.attempts.some((each) => each.key === key && each.bytes === bytes);
  assert.ok(isKnown, `the event ${added.id} is stored as nobody has said it`);
  assert.ok(!world.partial.has(added.id), "a partial event is stored");
}

/**
 * Only what an effective summary hides may go, and no window changes with it. `seen` is what whoever pruned may have seen:
 * another process may undo a summary between its read and its write.
 */
function checkPrune(is: LogView, was: LogView, seen: readonly Version[]): void {
  const left = new Set(is.events.map(({ id }) => id));
  const mayGo = new Set(seen.flatMap((version) => hiddenIds(viewOf(version))));
  for (const { id } of was.events)
    assert.ok(left.has(id) || mayGo.has(id), "what no effective summary hides was pruned");
  if (seen.length > 1) return;
  for (const agent of [undefined, "agent", "other"])
    assert.equal(textOf(is.window(agent)), textOf(was.window(agent)), "a prune changed the window");
}

function hiddenIds({ naive }: LogView): readonly string[] {
  const visible = new Set(naive.visible);
  return naive.effective.flatMap((id) => [...naive.covers(id)]).filter((id) => !visible.has(id));
}

/** Invariants 2, 3 and 4 as far as a log shows them. */
function checkLog(world: World, view: LogView): void {
  const { said, naive, folded, window, events } = view;
  checkPlaces(view);
  assert.deepEqual(
    folded.visible.map(({ id }) => id),
    naive.visible,
    "the fold shows other events than the naive one",
  );
  assert.deepEqual(
    new Set(folded.effective.map(({ summary }) => summary.id)),
    new Set(naive.effective),
    "other summaries are effective than by the naive fold",
  );
  const visible = new Set(naive.visible);
  const omitted = new Set(
    events.flatMap(
      ({ actions }) => (actions.summary as { coverage: { omitted: string[] } })?.coverage.omitted ?? [],
    ),
  );
  for (const { id } of said) {
    const readers = naive.effective.filter((summary) => naive.covers(summary).has(id));
    assert.ok(readers.length <= 1, "two effective summaries cover one event");
    if (!visible.has(id) && readers.length === 0) assert.ok(omitted.has(id), "an event is nowhere");
    for (const summary of readers)
      assert.ok(isRead(world, summary, id, naive.covers), "a summary hides what none has read");
  }
  for (const agent of [undefined, "agent", "other"]) {
    const messages = window(agent).flatMap(({ message }) => (message === undefined ? [] : [message]));
    assert.deepEqual(
      requestProblems(messages, { openRoundLast: true }),
      [],
      "a window that providers refuse",
    );
  }
  checkShown(
    said.filter(({ id }) => visible.has(id)),
    window(),
    naive.effective,
    pendingCalls(said),
  );
}

/** What is visible stands in the window word for word, and so does every effective summary, once. */
function checkShown(
  visible: LogView["said"],
  window: LogView["events"],
  effective: readonly string[],
  pending: ReadonlySet<string>,
): void {
  const shown = new Map(window.map((event) => [event.id, event]));
  assert.equal(shown.size, window.length, "an event stands twice in a window");
  assert.deepEqual(
    window
      .filter(({ actions }) => actions.summary !== undefined)
      .map(({ id }) => id)
      .sort(),
    [...effective].sort(),
    "a window without an effective summary, or with another",
  );
  for (const event of visible) {
    const { message } = event;
    if (message === undefined || message.type === "tool" || message.text === "") continue;
    const found = shown.get(event.id);
    if (found === undefined) {
      // Of several rounds that are waited for, only that of the running agent is shown.
      assert.ok(pending.has(event.id), "a visible event is not in the window");
      continue;
    }
    // Malformed calls are put right for the provider.
    if ((message as AIMessage).invalid_tool_calls?.length) continue;
    assert.equal(bytesOf(found), bytesOf(event), "an event stands in the window in other words");
  }
}

/** Each summary stands where the first event that it covers stood. */
function checkPlaces({ events, naive, window }: LogView): void {
  const seqs = new Map(events.map(({ id, seq }) => [id, seq]));
  const shown = window();
  for (const [at, { id }] of shown.entries()) {
    if (!naive.effective.includes(id)) continue;
    const covered = [...naive.covers(id)].map((each) => seqs.get(each) ?? Number.NaN);
    // What was pruned is no longer there to be compared with.
    const place = Math.min(...covered);
    if (Number.isNaN(place)) continue;
    for (const [index, { seq, message, actions }] of shown.entries()) {
      const isPlain =
        message?.type === "human" && actions.summary === undefined && actions.synthetic === undefined;
      if (isPlain)
        assert.equal(index < at, seq < place, "a summary stands at another place than what it covers");
    }
  }
}

/** Whether the summary, or one whose place it takes, was written of this event. */
function isRead(
  world: World,
  summaryId: string,
  eventId: string,
  covers: LogView["naive"]["covers"],
): boolean {
  for (const [id, request] of world.script.asked) {
    if (!request.read.has(eventId)) continue;
    // Whoever read the event passed it on to every summary that stands for more.
    const [own, whole] = [covers(id), covers(summaryId)];
    if (own.has(eventId) && [...own].every((each) => whole.has(each))) return true;
  }
  return false;
}
