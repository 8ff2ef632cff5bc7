import assert from "node:assert/strict";
import { approximateCounter, isConversationEvent, type SessionEvent, withSummaries } from "@sessionfold/core";
import { createEvent, eventBody } from "@sessionfold/core/storage";
import { besideOf } from "./beside.ts";
import type { Books, Undecided } from "./books.ts";
import { bytesOf, checkLog, checkWindow, summaryIds } from "./check-log.ts";
import { deltaOf, entry, numberOf } from "./conversation.ts";
import { type PlacedStore, withoutFolds } from "./place.ts";

/** A session that children work on, with what was told of it. */
export interface WorkedOn {
  readonly key: { readonly appName: string; readonly userId: string; readonly sessionId: string };
  readonly books: Books;
  /** State that the session began with: that of the user and the app, of sessions before it. */
  readonly shared: Readonly<Record<string, unknown>>;
}

/** What a check has seen. */
export interface Seen {
  readonly log: readonly SessionEvent[];
  readonly state: Readonly<Record<string, unknown>>;
  /** Whether the store had kept what the log folds to. */
  readonly isKept: boolean;
}

/** Checks a session after a restart: everything that was acknowledged is there, and nothing that nobody said. */
export async function checkRestart(
  store: PlacedStore,
  { key, books, shared }: WorkedOn,
  undecided: Undecided,
): Promise<Seen> {
  const session = await store.getSession(key);
  assert.ok(session !== null, "the session is lost");
  const { events: log, state } = session;
  const stored = new Set(log.map(({ id }) => id));
  books.settle(stored, undecided);
  const last = checkEntries(log, books);
  checkOthers(log, books);
  const expected = { ...shared };
  for (let at = 0; at <= last; at++) Object.assign(expected, deltaOf(at));
  assert.deepEqual(state, expected, "the state is not what the stored entries made it");
  checkLog(log, books.gone);
  const beside = await store.getSession(besideOf(key));
  books.beside.check(beside?.events ?? [], beside?.state ?? {});
  const kept = await store.readFolded(key);
  await checkWindows(store, key, log);
  return { log, state, isKept: kept?.snapshot !== undefined };
}

/** All entries that were acknowledged are there, once, where they were said to be, and at most one more. */
function checkEntries(log: readonly SessionEvent[], books: Books): number {
  const entries = log.filter(({ id }) => numberOf(id) !== undefined);
  const last = Math.max(books.next - 1, ...entries.map(({ id }) => numberOf(id) ?? -1));
  assert.ok(last <= books.begun, "an entry that nobody has said");
  assert.ok(last <= books.next, "more than one entry that nobody was told of");
  assert.deepEqual(
    entries.map(({ id }) => numberOf(id)),
    books.left(last),
    "entries are lost, doubled, or in another order",
  );
  for (const event of entries) {
    const at = numberOf(event.id) ?? -1;
    const seq = books.appended.get(at) ?? event.seq;
    assert.equal(event.seq, seq, `entry ${at} stands at another place than was said`);
    const said = createEvent(entry(at), seq, () => 0);
    assert.equal(eventBody(event), eventBody(said), `entry ${at} says something else`);
  }
  return last;
}

/** All summaries and marks that were acknowledged are there, and no others. */
function checkOthers(log: readonly SessionEvent[], books: Books): void {
  const summaries = new Set(summaryIds(log));
  for (const id of books.summarized) assert.ok(summaries.has(id), `the summary ${id} is lost`);
  for (const id of summaries) assert.ok(books.committed.has(id), `the summary ${id} was made by nobody`);
  const others = log.filter((event) => numberOf(event.id) === undefined && !summaries.has(event.id));
  for (const event of others) assert.ok(!isConversationEvent(event), "an entry that nobody has said");
  const marks = new Set(others.map(({ id }) => id));
  for (const id of books.hidden) assert.ok(marks.has(id), `the mark ${id} is lost`);
  assert.ok(marks.size <= books.hidings, "more marks than were asked for");
}

/** A decorator that goes on from a kept fold shows the window of one that reads the whole log. */
export async function checkWindows(
  store: PlacedStore,
  key: WorkedOn["key"],
  log: readonly SessionEvent[],
): Promise<void> {
  const options = { mode: "manual", tokenCounter: approximateCounter() } as const;
  const resumed = await withSummaries(store, options).getSession(key);
  const whole = withSummaries(withoutFolds(store), options);
  assert.deepEqual(bytesOf(resumed?.events ?? []), bytesOf((await whole.getSession(key))?.events ?? []));
  checkWindow(log, resumed?.events ?? []);
  const full = await whole.getSession({ ...key, view: "full" });
  assert.deepEqual(bytesOf(full?.events ?? []), bytesOf(log), "the decorator tells another log");
}
