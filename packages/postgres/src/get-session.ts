import type { GetSessionRequest, Session } from "@sessionfold/core";
import { checkedAfterSeq } from "@sessionfold/core/storage";
import type { Database } from "./database.ts";
import { storableKey } from "./names.ts";
import { sessionOfRows } from "./session-rows.ts";

/** A session with its entries, or those behind a position. */
export async function getSession(database: Database, request: GetSessionRequest): Promise<Session | null> {
  const key = storableKey(request);
  const values = [key.appName, key.userId, key.sessionId, positionBehind(checkedAfterSeq(request.afterSeq))];
  return sessionOfRows(key, await database.run({ repeatable: true }, (query) => query("getSession", values)));
}

/** A position as a 64-bit integer: the entries behind it are those behind what was asked for. */
function positionBehind(seq: number): number {
  return Math.max(-1, Math.min(Math.floor(seq), Number.MAX_SAFE_INTEGER));
}
