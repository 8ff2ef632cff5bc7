import { type SessionKey, SessionNotFoundError } from "@sessionfold/core";
import type { Database } from "./database.ts";
import { canBeEventId, storableKey } from "./names.ts";
import { integerOf } from "./session-rows.ts";

/** Ids in one statement. */
const BATCH = 5_000;

/** Deletes events by their ids, all or none. Returns how many there were. */
export async function deleteEvents(
  database: Database,
  request: SessionKey & { readonly eventIds: readonly string[] },
): Promise<number> {
  const { appName, userId, sessionId } = storableKey(request);
  const key = [appName, userId, sessionId];
  const ids = request.eventIds.filter(canBeEventId);
  // Run once more, it could not tell how many there were.
  return database.run({ repeatable: false, transaction: true }, async (query) => {
    const [session] = await query("lockSession", key);
    if (session === undefined) throw new SessionNotFoundError(sessionId);
    let deleted = 0;
    for (let from = 0; from < ids.length; from += BATCH) {
      const [count] = await query("deleteEvents", [...key, ids.slice(from, from + BATCH)]);
      deleted += integerOf(count?.deleted);
    }
    if (deleted === 0) return 0;
    await query("afterDeletion", key);
    await query("dropFold", key);
    return deleted;
  });
}
