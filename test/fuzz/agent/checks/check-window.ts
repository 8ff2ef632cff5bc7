import assert from "node:assert/strict";
import { type BaseMessage, SystemMessage } from "@langchain/core/messages";
import type { SessionEvent } from "@sessionfold/core";
import { requestProblems } from "../../../support/provider-rules.ts";
import { type ReferenceFold, referenceFold } from "../../../support/reference-fold.ts";
import type { Books, FilterCall, Made } from "../support/books.ts";
import { answeredBy, callsOf, contentOf, flagsOf, isBlank, markerOf, markersOf } from "../support/say.ts";
import { type Kept, saidEvents, stampedSummaries, stillCounts, unstampedSummaries } from "./naive-log.ts";

/** What a filter made of its input. */
export interface Sent {
  readonly messages: readonly BaseMessage[];
  readonly systemText: string;
}

/** Checks what a model is sent against all that there is; returns the ids of the summaries in it. */
export function checkWindow(books: Books, call: FilterCall, sent: Sent): readonly string[] {
  const { input, scope } = call;
  const { messages, systemText } = sent;
  assert.deepEqual(
    requestProblems([new SystemMessage(systemText), ...messages]),
    [],
    "a provider would refuse it",
  );

  const inWindow = markersIn(sent);
  const byMarker = new Map([...books.made.values()].map((made) => [made.marker, made]));
  const shown = summariesIn(books, sent);
  const shownIds = shown.map(({ id }) => id);
  assert.equal(new Set(shownIds).size, shown.length, "a summary twice in a window");
  for (const made of shown) {
    assert.ok(made.summary !== undefined, "a summary that was never committed");
    assert.equal(made.call.thread, call.thread, "a summary of another thread");
    if (scope !== undefined) assert.equal(made.call.scope, scope, "a summary of another scope");
    assert.ok(stillCounts(made, input), "a summary of what is no more, or is not of this thread");
  }

  const own = new Set(input.flatMap((message) => markerOf(message) ?? []));
  for (const marker of inWindow)
    assert.ok(own.has(marker) || byMarker.has(marker), "something that is not of this thread");

  const carried = stampedSummaries(input, { scope }, books);
  const problems: unknown[] = [];
  const said = saidEvents(input);
  for (const stamped of areOneFilters(
    books,
    carried.map(({ id }) => id),
  )
    ? [carried]
    : [carried, ofOthers(books, call, carried)]) {
    const isPlain = shownIds.every((id) => stamped.some((event) => event.id === id));
    const ids = [...shownIds, ...carried.map(({ id }) => id)];
    for (const kept of isPlain ? VARIANTS.slice(0, 1) : VARIANTS) {
      const unstamped = unstampedSummaries(ids, stamped, input, books, kept);
      const naive = referenceFold([...said, ...stamped, ...unstamped]);
      try {
        checkFates(books, call, sent, said, naive, shownIds, inWindow);
        return shownIds;
      } catch (error) {
        problems.push(error);
      }
    }
  }
  throw problems[0];
}

/** The summaries in what a model is sent. */
export function summariesIn(books: Books, sent: Sent): readonly Made[] {
  const inWindow = markersIn(sent);
  const all = [...books.made.values()];
  return inWindow.flatMap((marker) => all.find((made) => made.marker === marker) ?? []);
}

function markersIn({ messages, systemText }: Sent): readonly string[] {
  return [...markersOf(new SystemMessage(systemText)), ...messages.flatMap(markersOf)];
}

/**
 * Whether summaries were made by one filter, and stand in the order in which it made them. One that could be stored only
 * after another filter's counts as made later once it is read again; its own filter goes on as it was.
 */
export function areOneFilters(books: Books, ids: readonly string[]): boolean {
  const made = ids.map((id) => books.of(id));
  const isInOrder = made.every(({ order }, at) => at === 0 || order >= (made[at - 1]?.order ?? 0));
  return isInOrder && new Set(made.map(({ call }) => call.agent)).size <= 1;
}

/** Without those that the filter has made itself: it goes on with them from where it made them. */
function ofOthers(
  books: Books,
  { agent, process }: FilterCall,
  stamped: readonly SessionEvent[],
): readonly SessionEvent[] {
  return stamped.filter(({ id }) => {
    const { call } = books.of(id);
    return call.agent !== agent || call.process !== process;
  });
}

const VARIANTS: readonly Kept[] = [
  { place: "where made", absorbed: true },
  { place: "last", absorbed: true },
  { place: "where made", absorbed: false },
  { place: "last", absorbed: false },
];

/** Every message is in the window, or one summary stands for it, or it is skipped and one has taken it out. */
function checkFates(
  books: Books,
  { input, agent }: FilterCall,
  sent: Sent,
  said: readonly SessionEvent[],
  naive: ReferenceFold,
  shownIds: readonly string[],
  inWindow: readonly string[],
): void {
  assert.ok(isSame(naive.effective, shownIds), "not the summaries that count");
  const leftOut = openElsewhere(input, agent);
  for (const event of said) {
    const message = event.message as BaseMessage;
    if (isBlank(message)) continue;
    const marker = markerOf(message) ?? "";
    const times = inWindow.filter((each) => each === marker).length;
    const standing = shownIds.filter((id) => naive.covers(id).has(event.id));
    assert.ok(standing.length <= 1, "a message that two summaries stand for");
    if (!naive.visible.includes(event.id)) {
      assert.equal(times, 0, "a message beside the summary that stands for it");
    } else if (times === 0 && flagsOf(message).skipped && wasOmitted(books, event.id)) {
      // The process that stored two filters' records out of order still leaves out what the older one left out.
    } else if (!leftOut.has(event.id) || times > 0) {
      assert.equal(times, 1, times === 0 ? "a message was lost" : "a message twice in a window");
      checkVerbatim(message, marker, sent);
    }
  }
  checkOrder(input, sent, books, naive.covers);
}

function wasOmitted(books: Books, id: string): boolean {
  return [...books.made.values()].some(({ summary }) => summary?.coverage.omitted.includes(id) === true);
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return [...some].sort().join() === [...others].sort().join();
}

/** A message stands as it is; of a result without its round the text stands in a note. */
function checkVerbatim(message: BaseMessage, marker: string, { messages, systemText }: Sent): void {
  const found = messages.find((each) => markersOf(each).includes(marker));
  const text = found?.text ?? systemText;
  if (message.type === "system" || (message.type === "tool" && found?.type === "human"))
    assert.ok(text.includes(message.text), "a message that was cut short");
  else assert.equal(found && contentOf(found), contentOf(message), "a message that was changed");
}

/** Everything but results stands in the order of the thread; a summary where the first message stood that it covers. */
function checkOrder(
  input: readonly BaseMessage[],
  { messages }: Sent,
  books: Books,
  covers: (id: string) => ReadonlySet<string>,
): void {
  const places = new Map(input.map((message, at) => [markerOf(message), at]));
  const open = new Set(input.flatMap((message, at) => (hasOpenCalls(input, at) ? [message] : [])));
  for (const { id, marker } of books.made.values()) {
    const first = input.findIndex((message) => covers(id).has(message.id ?? ""));
    if (first >= 0) places.set(marker, first);
  }
  let last = -1;
  for (const message of messages) {
    if (message.type === "tool") continue;
    for (const marker of markersOf(message)) {
      const place = places.get(marker);
      const original = input[place ?? -1];
      if (place === undefined || original === undefined) continue;
      // An open round comes last, and a late result is told where it came.
      if (markerOf(original) === marker && (open.has(original) || original.type === "tool")) continue;
      assert.ok(place >= last, "a window out of order");
      last = place;
    }
  }
}

function hasOpenCalls(input: readonly BaseMessage[], at: number): boolean {
  const message = input[at];
  if (message === undefined) return false;
  return callsOf(message).some(({ id }) => resultsOf(input, at, id).length === 0);
}

/** Results of a call: those behind it, up to the next call of the same id. */
function resultsOf(
  input: readonly BaseMessage[],
  at: number,
  id: string | undefined,
): readonly BaseMessage[] {
  const after = input.slice(at + 1);
  const again = after.findIndex((other) => callsOf(other).some((call) => call.id === id));
  return (again < 0 ? after : after.slice(0, again)).filter((other) => answeredBy(other) === id);
}

/** Ids of rounds that wait for results and are not the running agent's. */
function openElsewhere(input: readonly BaseMessage[], agent: string): ReadonlySet<string> {
  const found = new Set<string>();
  const lastUser = input.findLastIndex(({ type }) => type === "human");
  for (const [at, message] of input.entries()) {
    if (at < lastUser || message.name === agent || !hasOpenCalls(input, at)) continue;
    found.add(message.id ?? "");
    for (const { id } of callsOf(message))
      for (const result of resultsOf(input, at, id)) found.add(result.id ?? "");
  }
  return found;
}
