import type { ListSessionsRequest, ListSessionsResponse } from "@sessionfold/core";
import { listPage } from "@sessionfold/core/storage";
import type { Database } from "./database.ts";
import { requireKeyPart } from "./names.ts";
import { listedSession } from "./session-rows.ts";

/** A page of sessions in the order in which they were made. */
export async function listSessions(
  database: Database,
  request: ListSessionsRequest,
): Promise<ListSessionsResponse> {
  const { appName, userId, after, limit } = listPage(request);
  requireKeyPart("appName", appName);
  if (userId !== undefined) requireKeyPart("userId", userId);
  const rows = await database.run({ repeatable: true }, (query) =>
    userId === undefined
      ? query("listOfApp", [appName, after, limit + 1])
      : query("listOfUser", [appName, userId, after, limit + 1]),
  );
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    sessions: shown.map((row) => listedSession(appName, row)),
    ...(last && { nextCursor: String(last.ordinal) }),
  };
}
