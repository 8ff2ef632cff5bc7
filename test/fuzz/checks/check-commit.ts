import assert from "node:assert/strict";
import { type KeepPolicy, type SessionEvent, SessionSummary } from "@sessionfold/core";
import { bytesOf } from "../support/scripted-summarizer.ts";
import type { Version } from "../support/storage.ts";
import type { World } from "../support/world.ts";
import { keptIds } from "./kept-ids.ts";
import { callsOf, type LogView, lastUserOf, makeView, pendingCalls, viewOf } from "./log-view.ts";

/** Checks a summary at the moment at which it enters the log. */
export function checkCommit(
  world: World,
  key: string,
  now: Version,
  before: Version,
  event: SessionEvent,
): void {
  const summary = SessionSummary.fromJSON(event.actions.summary);
  const [is, was] = [viewOf(now), viewOf(before)];
  const request = world.script.asked.get(summary.id);
  assert.ok(request !== undefined, "a summary that nobody was asked for");
  assert.notEqual(summary.text.trim(), "", "an empty summary was committed");
  const { direct, replaces } = summary.coverage;
  assert.deepEqual(replaces, request.previous, "a summary replaces others than it read");
  assert.deepEqual(
    direct.filter((id) => request.read.has(id)),
    [...request.order],
    "a summary covers less than it read, or in another order",
  );
  const stored = new Map(was.said.map((each) => [each.id, each]));
  // Another process may delete the session, and make it anew, between the last read and the write.
  const isGone = !world.isExact && [...request.read].some(([id, bytes]) => !isStored(stored.get(id), bytes));
  if (isGone) return;
  for (const [id, bytes] of request.read) {
    const found = stored.get(id);
    // So may it prune what an older summary covers and this one has read once more.
    if (found === undefined && !world.isAlone && now.pruned.has(id)) continue;
    assert.ok(found !== undefined, "a summary of what is not in the log");
    assert.equal(bytesOf(found), bytes, "a summary of another session's event");
  }
  if (world.isExact)
    assert.ok(is.naive.effective.includes(summary.id), "a summary was committed without effect");
  const problems = plannedFrom(world.storage.versions(key), now, summary.coverage.planSeq).map((planned) =>
    problemOf(() => checkPlan(world, summary, request.order, planned, now.pruned)),
  );
  if (problems.every((problem) => problem !== undefined)) throw problems[0];
  // Of two processes neither knows what the other appends between its read and its write.
  if (world.isExact) checkFigures(summary, is, was);
}

function problemOf(check: () => void): unknown {
  try {
    check();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** What a plan may take of the log as its decorator knew it. */
function checkPlan(
  world: World,
  { coverage: { direct, omitted }, metadata }: SessionSummary,
  read: readonly string[],
  planned: LogView,
  pruned: ReadonlySet<string>,
): void {
  const gone = new Set([...direct, ...omitted]);
  checkWhatStays(planned, gone, pruned);
  if (world.isExact) checkRead(planned, read);
  checkWhole(planned, read, gone);
  const kept = keptIds(planned, metadata.keep as KeepPolicy);
  for (const id of [...read, ...omitted]) assert.ok(!kept.has(id), "a summary took what keep asks for");
}

/**
 * The log as it was when a summary was planned; it may have been pruned since. Where another process wrote between a
 * decorator's read and its append, the plan behind that append knows the append and not what came before it: the log as
 * that decorator had read it is the second.
 */
function plannedFrom(versions: readonly Version[], now: Version, planSeq: number): readonly LogView[] {
  const isOurs = ({ incarnation }: Version): boolean => incarnation === now.incarnation;
  const then = versions.find((version) => isOurs(version) && version.events?.at(-1)?.seq === planSeq);
  if (then === undefined) return [makeView((now.events ?? []).filter(({ seq }) => seq <= planSeq))];
  const last = then.events?.slice(-1) ?? [];
  const read = then.readTo === undefined ? undefined : versions[then.readTo];
  if (read === undefined || !isOurs(read) || read.index === then.index - 1) return [viewOf(then)];
  return [viewOf(then), makeView([...(read.events ?? []), ...last])];
}

function isStored(event: SessionEvent | undefined, bytes: string): boolean {
  return event !== undefined && bytesOf(event) === bytes;
}

/** Invariants 3 and 4: nothing pending, pinned or leading, and not the current user message. */
function checkWhatStays(planned: LogView, gone: ReadonlySet<string>, pruned: ReadonlySet<string>): void {
  const { said } = planned;
  const lastUser = lastUserOf(said);
  const turn = said.slice(lastUser + 1);
  for (const id of pendingCalls(said)) assert.ok(!gone.has(id), "a pending round was folded");
  const last = turn.findLast(({ message }) => message?.type === "ai" || message?.type === "tool");
  const isClosed = last?.message?.type === "ai" && callsOf(last).length === 0;
  const current = said[lastUser];
  if (current !== undefined && !isClosed && planned.naive.visible.includes(current.id))
    assert.ok(!gone.has(current.id), "the current user message was folded");
  // What was pruned led the log no less than what is left.
  if (pruned.size > 0) return;
  const body = said.findIndex(({ message, author }) => (message?.type ?? author) !== "system");
  for (const { id } of said.slice(0, body < 0 ? said.length : body))
    assert.ok(!gone.has(id), "a system event that leads the log was folded");
}

/** A tool round is folded whole or not at all. */
function checkWhole({ folded, naive }: LogView, read: readonly string[], gone: ReadonlySet<string>): void {
  const visible = new Set(naive.visible);
  // A late result may come when its call is folded already, and that call be read again.
  for (const id of read.filter((each) => visible.has(each))) {
    const event = folded.get(id);
    const unit = event === undefined ? [] : folded.rounds.unitOf(event);
    for (const member of unit)
      assert.ok(gone.has(member.id) || !visible.has(member.id), "a tool round was torn");
  }
}

/** What is pinned or skipped is nobody's to read. Of two processes one may not know yet. */
function checkRead({ folded }: LogView, read: readonly string[]): void {
  for (const id of read) {
    const event = folded.get(id);
    if (event === undefined) continue;
    assert.ok(!folded.isPinned(event), "a summarizer was given what is pinned");
    assert.ok(!folded.isSkipped(event), "a summarizer was given what is skipped");
  }
}

/** Invariant 6: the figures count the window before and after. */
function checkFigures(summary: SessionSummary, is: LogView, was: LogView): void {
  const { originalEventCount: original, compressedEventCount: compressed } = summary;
  assert.equal(original, logged(was), "`originalEventCount` is not that of the window before");
  const ratio = original === 0 ? 0 : ((original - compressed) / original) * 100;
  assert.equal(summary.compressionRatio, ratio, "the ratio is not that of its figures");
  // An open round is shown otherwise once the answer behind it is folded; the figures do not know.
  if (pendingCalls(was.said).size === 0 && is.naive.effective.includes(summary.id))
    assert.equal(compressed, logged(is), "`compressedEventCount` is not that of the window after");
}

function logged(view: LogView): number {
  return view
    .window()
    .filter(({ actions: { synthetic } }) => synthetic !== "missing-result" && synthetic !== "opening").length;
}
