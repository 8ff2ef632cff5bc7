import { ConfigurationError, type FoldedSession, type FoldKeepingService } from "@sessionfold/core";
import { describe, type FoldSnapshot, foldSnapshotSchema, requireObject } from "@sessionfold/core/storage";
import type { Database } from "./database.ts";
import { canBeEventId, requireName, storableKey } from "./names.ts";
import { integerOf, sessionOfRows } from "./session-rows.ts";

/** Counts in one statement. */
const BATCH = 5_000;

type ReadRequest = Parameters<FoldKeepingService["readFolded"]>[0];
type SaveRequest = Parameters<FoldKeepingService["saveFold"]>[0];

/** A session with what its fold needs. A snapshot that cannot be read is as none. */
export async function readFolded(database: Database, request: ReadRequest): Promise<FoldedSession | null> {
  const key = storableKey(request);
  const { counter } = request;
  if (counter !== undefined) requireName("counter", counter);
  const read = (withSnapshot: boolean) =>
    database.run({ repeatable: true }, (query) =>
      query("readFolded", [key.appName, key.userId, key.sessionId, counter ?? null, withSnapshot]),
    );
  let rows = await read(true);
  const kept = rows.find(({ kind }) => kind === "fold");
  const snapshot = kept === undefined ? undefined : snapshotIn(String(kept.body));
  if (kept !== undefined && snapshot === undefined) rows = await read(false);
  const session = sessionOfRows(key, rows);
  if (session === null) return null;
  return {
    ...session,
    ...(snapshot && { snapshot }),
    ...(counter !== undefined && { tokenCounts: countsIn(rows, session) }),
  };
}

/** Keeps a snapshot, or counts, or both. */
export async function saveFold(database: Database, request: SaveRequest): Promise<void> {
  requireObject("request", request);
  const { appName, userId, sessionId } = storableKey(request);
  const { incarnation, snapshot, tokens } = request;
  requireName("incarnation", incarnation);
  const of = [appName, userId, sessionId, incarnation];
  if (snapshot !== undefined) {
    const text = JSON.stringify(snapshot);
    await database.run({ repeatable: true }, (query) =>
      query("saveSnapshot", [...of, snapshot.seq, [...snapshot.keep], text]),
    );
  }
  if (tokens === undefined) return;
  requireName("tokens.counter", tokens.counter);
  const counts = [...tokens.counts].filter(([id]) => canBeEventId(id));
  for (const [, count] of counts) requireCount(count);
  for (let from = 0; from < counts.length; from += BATCH) {
    const batch = counts.slice(from, from + BATCH);
    const values = [...of, tokens.counter, batch.map(([id]) => id), batch.map(([, count]) => count)];
    await database.run({ repeatable: true }, (query) => query("saveTokens", values));
  }
}

function snapshotIn(text: string): FoldSnapshot | undefined {
  try {
    return foldSnapshotSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // It is derived from the log, which is read instead.
    return undefined;
  }
}

function countsIn(
  rows: readonly Readonly<Record<string, unknown>>[],
  { events }: Pick<FoldedSession, "events">,
): ReadonlyMap<string, number> {
  const ids = new Map(events.map(({ seq, id }) => [seq, id]));
  const counts = new Map<string, number>();
  for (const { kind, seq, number } of rows) {
    const id = kind === "event" && number !== null ? ids.get(integerOf(seq)) : undefined;
    if (id !== undefined) counts.set(id, Number(number));
  }
  return counts;
}

function requireCount(count: unknown): void {
  if (typeof count === "number" && Number.isFinite(count)) return;
  throw new ConfigurationError(`Expected \`tokens.counts\` to hold numbers, got ${describe(count)}`);
}
