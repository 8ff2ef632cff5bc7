import { type CreateSessionRequest, type Session, SessionExistsError } from "@sessionfold/core";
import { type Clock, randomId, requireObject, stateOfRows } from "@sessionfold/core/storage";
import type { Database } from "./database.ts";
import { storableKey } from "./names.ts";
import { stateIn } from "./session-rows.ts";
import { firstState, stateValues } from "./state-values.ts";

/** Makes a session. @throws SessionExistsError */
export async function createSession(
  database: Database,
  clock: Clock,
  request: CreateSessionRequest,
): Promise<Session> {
  requireObject("request", request);
  const key = storableKey({ ...request, sessionId: request.sessionId ?? randomId() });
  const state = firstState(request.state ?? {});
  const incarnation = randomId();
  const now = clock();
  const { appName, userId, sessionId } = key;
  const shared = await database.run({ repeatable: true }, async (query) => {
    const values = [appName, userId, sessionId, incarnation, 0, -1, now, ...stateValues(key, state)];
    const rows = await query("createSession", values);
    if (rows.some(({ kind }) => kind === "session")) return stateIn(rows);
    const [there] = await query("incarnation", [appName, userId, sessionId]);
    // It is ours if it was made by an attempt whose answer was lost.
    if (there?.incarnation !== incarnation) throw new SessionExistsError(sessionId);
    return stateIn(rows);
  });
  return {
    ...key,
    id: sessionId,
    state: stateOfRows([...shared, ...state]),
    events: [],
    lastUpdateTime: now,
    incarnation,
  };
}
