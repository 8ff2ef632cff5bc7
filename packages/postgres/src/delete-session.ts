import type { SessionKey } from "@sessionfold/core";
import type { Database } from "./database.ts";
import { storableKey } from "./names.ts";

/** Deletes a session and all that is its own. */
export async function deleteSession(database: Database, request: SessionKey): Promise<void> {
  const { appName, userId, sessionId } = storableKey(request);
  const key = [appName, userId, sessionId];
  // Run once more, it could delete a session that was made anew meanwhile.
  await database.run({ repeatable: false, transaction: true }, async (query) => {
    // Locked first: an append that is under way could leave state behind otherwise.
    await query("lockSession", key);
    await query("deleteState", key);
    await query("deleteSession", key);
  });
}
