import { type ImportSessionRequest, type SessionEvent, SessionExistsError } from "@sessionfold/core";
import { checkedImport, EVENT_FORMAT, randomId } from "@sessionfold/core/storage";
import type { Database, Query } from "./database.ts";
import { bodyOf } from "./event-body.ts";
import { requireEventId, storableKey } from "./names.ts";
import { storedSearchText } from "./search-text.ts";
import { firstState, stateValues } from "./state-values.ts";

/** Events, and signs of their text, in one statement. */
const BATCH_EVENTS = 1_000;
const BATCH_SIGNS = 4_000_000;

interface EventValues {
  readonly seq: number;
  readonly id: string;
  readonly body: string;
  readonly text: string | null;
}

/** Takes over a whole session, or nothing of it. @throws SessionExistsError, ConfigurationError, InvalidEventError */
export async function importSession(database: Database, request: ImportSessionRequest): Promise<void> {
  const { key: given, state, events, lastUpdateTime } = checkedImport(request);
  const key = storableKey(given);
  const keyValues = [key.appName, key.userId, key.sessionId];
  // The state is the session's own, whatever its keys look like: what reaches further is not imported.
  const rows = firstState(state).map((row) => ({ ...row, scope: "session" as const }));
  const entries = events.map(valuesOf);
  const lastSeq = events.at(-1)?.seq ?? -1;
  const incarnation = randomId();
  await database.run({ repeatable: true, transaction: true }, async (query) => {
    const made = await query("createSession", [
      ...keyValues,
      ...[incarnation, lastSeq + 1, lastSeq, lastUpdateTime, ...stateValues(key, rows)],
    ]);
    if (made.some(({ kind }) => kind === "session")) return insertAll(query, keyValues, entries);
    const [there] = await query("incarnation", keyValues);
    // It is ours if it was stored by an attempt whose answer was lost.
    if (there?.incarnation !== incarnation) throw new SessionExistsError(key.sessionId);
  });
}

async function insertAll(
  query: Query,
  key: readonly string[],
  entries: readonly EventValues[],
): Promise<void> {
  for (const batch of batches(entries)) {
    await query("importEvents", [
      ...key,
      EVENT_FORMAT,
      batch.map(({ seq }) => seq),
      batch.map(({ id }) => id),
      batch.map(({ body }) => body),
      batch.map(({ text }) => text),
    ]);
  }
}

function* batches(entries: readonly EventValues[]): Generator<readonly EventValues[]> {
  let batch: EventValues[] = [];
  let signs = 0;
  for (const entry of entries) {
    batch.push(entry);
    signs += entry.body.length + (entry.text?.length ?? 0);
    if (batch.length < BATCH_EVENTS && signs < BATCH_SIGNS) continue;
    yield batch;
    batch = [];
    signs = 0;
  }
  if (batch.length > 0) yield batch;
}

function valuesOf(event: SessionEvent, at: number): EventValues {
  requireEventId(`events[${at}].id`, event.id);
  return { seq: event.seq, id: event.id, body: bodyOf(event), text: storedSearchText(event) };
}
