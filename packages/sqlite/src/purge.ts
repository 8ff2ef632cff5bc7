import { setImmediate as othersTurn } from "node:timers/promises";
import type { Connection } from "./connection.ts";
import { ADD_PURGED, COUNT_CHANGES, FIND_PURGES, MERGE_INDEX } from "./statements.ts";

/** Pages that one step merges: some ten milliseconds of work. */
const PAGES_A_STEP = 200;
/** Changes that a step makes which found nothing to merge; FTS5 defines it so. */
const IDLE_CHANGES = 2;

/**
 * Merges the full-text index until nothing of deleted events is in it, in steps between which others may write. Deleting
 * each event out of the index at once, which FTS5 offers too, takes milliseconds an event.
 */
export async function purgeIndex(
  write: <T>(task: (connection: Connection) => T) => Promise<T>,
): Promise<void> {
  const due = await write(purgesDue);
  if (due === undefined) return;
  // A negative number has all that is there now merged, not only what is worth it.
  for (let pages = -PAGES_A_STEP; ; pages = PAGES_A_STEP) {
    const changes = await write((connection) => mergeStep(connection, pages));
    if (pages > 0 && changes < IDLE_CHANGES) break;
    await othersTurn();
  }
  await write((connection) => connection.run(ADD_PURGED, { done: due }));
}

function purgesDue(connection: Connection): number | undefined {
  const purges = connection.get<{ due: number; done: number }>(FIND_PURGES);
  return purges === undefined || purges.done >= purges.due ? undefined : purges.due;
}

function mergeStep(connection: Connection, pages: number): number {
  const before = changesOf(connection);
  connection.run(MERGE_INDEX, { pages });
  return changesOf(connection) - before;
}

function changesOf(connection: Connection): number {
  return connection.get<{ changes: number }>(COUNT_CHANGES)?.changes ?? 0;
}
