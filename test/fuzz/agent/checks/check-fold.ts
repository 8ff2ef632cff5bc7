import assert from "node:assert/strict";
import type { BaseMessage } from "@langchain/core/messages";
import type { KeepPolicy, SessionSummary, SummarizerRequest } from "@sessionfold/core";
import { roundsByNaiveScan } from "../../../support/reference-fold.ts";
import { keptIds } from "../../checks/kept-ids.ts";
import { lastUserOf, makeView, pendingCalls } from "../../checks/log-view.ts";
import type { Books, FilterCall, Made } from "../support/books.ts";
import { answeredBy, callsOf, contentOf, flagsOf } from "../support/say.ts";
import { saidEvents, stampedSummaries, stillCounts, unstampedSummaries } from "./naive-log.ts";

/** Checks what a summarizer is given, against what its call was given. */
export function checkRead(books: Books, { input, scope }: FilterCall, request: SummarizerRequest): void {
  const roundOf = roundsOf(input);
  const byId = new Map(input.map((message) => [message.id, message]));
  for (const { id, message } of request.events) {
    const said = byId.get(id);
    assert.ok(
      said !== undefined && message !== undefined,
      "a summarizer was given what is not in the thread",
    );
    assert.equal(contentOf(message), contentOf(said), "a summarizer was given another content");
    const unit = roundOf(said);
    assert.ok(!unit.some((each) => flagsOf(each).pinned), "a summarizer was given what is pinned");
    assert.ok(!unit.some((each) => flagsOf(each).skipped), "a summarizer was given what is skipped");
  }
  for (const { id } of request.previous) {
    const known = books.of(id);
    const { summary } = known;
    assert.ok(summary !== undefined, "a summary that was never committed was handed over");
    assert.ok(
      stillCounts(known, input),
      "a summary of what is no more, or of another thread, was handed over",
    );
    if (scope !== undefined) assert.equal(summary.scope, scope, "another agent's summary was handed over");
  }
}

/** Checks a summary at the moment at which it is made. `owners` says who has said what. */
export function checkFold(
  books: Books,
  made: Made,
  summary: SessionSummary,
  owners: ReadonlyMap<string, string>,
  keep: KeepPolicy | undefined,
): void {
  const { call } = made;
  const { direct, omitted, replaces } = summary.coverage;
  const gone = [...direct, ...omitted];
  assert.equal(summary.scope, call.scope, "a summary of another scope than its filter's");
  assert.deepEqual(replaces, made.previous, "a summary replaces others than it read");
  assert.deepEqual(
    direct.filter((id) => made.read.includes(id)),
    made.read,
    "a summary covers less than it read",
  );
  // What is read no more, since it was pinned or skipped, another summary has stood for.
  for (const id of direct)
    assert.ok(
      made.read.includes(id) || [...books.made.values()].some((other) => covers(other, id)),
      "a summary covers what nobody has read",
    );
  const ids = new Set(call.input.map(({ id }) => id));
  for (const id of gone) assert.ok(ids.has(id), "a summary of what is not in the thread");
  if (call.scope !== undefined)
    for (const id of gone) {
      const message = call.input.find((each) => each.id === id) as BaseMessage;
      assert.equal(ownerOf(call.input, message, owners), call.scope, "a summary of what another one said");
    }
  // A turn that was complete may go on: what a summary has stood for stays folded.
  const hidden = [...books.made.values()].filter((other) => other !== made && stillCounts(other, call.input));
  const before = new Set(gone.filter((id) => hidden.some((other) => covers(other, id))));
  checkWhatStays(call.input, gone, before, call.scope, owners);
  if (keep === undefined) return;
  const said = saidEvents(call.input);
  const stamped = stampedSummaries(call.input, call, books);
  const others = [...books.made.values()].filter(
    (each) =>
      each !== made &&
      each.call.thread === call.thread &&
      each.call.process === call.process &&
      (call.scope === undefined || each.call.scope === call.scope),
  );
  const unstamped = unstampedSummaries(
    others.map(({ id }) => id),
    stamped,
    call.input,
    books,
    { place: "where made", absorbed: true },
  );
  // What is forgotten before a message carries it is known to the filter alone.
  if (unstamped.some(({ id }) => !replaces.includes(id))) return;
  const kept = keptIds(makeView([...said, ...stamped, ...unstamped]), keep);
  books.counts.tail = (books.counts.tail ?? 0) + 1;
  for (const id of [...made.read, ...omitted]) assert.ok(!kept.has(id), "a summary took what keep asks for");
}

function covers({ summary }: Made, id: string): boolean {
  return summary?.coverage.direct.includes(id) === true;
}

/**
 * Whatever the policy: nothing pending, not what leads as system's, not the user's last word, not the latest round, unless
 * it was folded before.
 */
function checkWhatStays(
  input: readonly BaseMessage[],
  gone: readonly string[],
  before: ReadonlySet<string>,
  scope: string | undefined,
  owners: ReadonlyMap<string, string>,
): void {
  const said = saidEvents(input);
  const taken = new Set(gone);
  for (const id of pendingCalls(said)) assert.ok(!taken.has(id), "a pending round was folded");
  for (const { id, message } of said) {
    if (message?.type !== "system") break;
    assert.ok(!taken.has(id), "a system message that leads was folded");
  }
  const lastUser = lastUserOf(said);
  const turn = input.slice(lastUser + 1);
  const last = turn.findLast(({ type }) => type === "ai" || type === "tool");
  if (last?.type === "ai" && callsOf(last).length === 0) return;
  const current = said[lastUser];
  if (current !== undefined)
    assert.ok(!taken.has(current.id) || before.has(current.id), "the user's last word was folded");
  const latest = turn.findLast((message, at) => {
    const answers = turn.slice(at + 1).map(answeredBy);
    const calls = callsOf(message);
    const mine = scope === undefined || ownerOf(input, message, owners) === scope;
    return mine && calls.length > 0 && calls.every(({ id }) => answers.includes(id));
  });
  const round = latest?.id ?? "";
  assert.ok(!taken.has(round) || before.has(round), "the latest complete round was folded");
}

/** Who has said a message; of a result, who has called the tool. */
function ownerOf(
  input: readonly BaseMessage[],
  message: BaseMessage,
  owners: ReadonlyMap<string, string>,
): string | undefined {
  const [first = message] = roundsOf(input)(message);
  return owners.get(first.id ?? "");
}

/** Tool rounds of a thread, each with its call first; any other message alone. */
function roundsOf(input: readonly BaseMessage[]): (message: BaseMessage) => readonly BaseMessage[] {
  const said = saidEvents(input);
  const unit = roundsByNaiveScan(said);
  return (message) => {
    const event = said.find((each) => each.message === message);
    return event === undefined ? [message] : unit(event).flatMap((each) => each.message ?? []);
  };
}
