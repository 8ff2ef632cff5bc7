import type { ListSessionsResponse } from "@sessionfold/core";
import { type ListPage, type StateRow, type StateScope, stateOfRows } from "@sessionfold/core/storage";
import type { Connection } from "./connection.ts";
import { type ShownRow, sessionWith } from "./rows.ts";
import { FIND_STATES, LIST_SESSIONS_OF_APP, LIST_SESSIONS_OF_USER } from "./statements.ts";

/** More than fit into an answer. */
const LARGEST_PAGE = 1_000_000;

interface ListedRow extends ShownRow {
  readonly ordinal: number;
  readonly userId: string;
  readonly sessionId: string;
}

/** A page of sessions with their state, without their logs. */
export function listSessions(
  connection: Connection,
  { appName, userId, after, limit }: ListPage,
): ListSessionsResponse {
  const most = Math.min(limit, LARGEST_PAGE);
  // One more tells whether there is another page.
  const page = { app: appName, after, limit: most + 1 };
  const rows =
    userId === undefined
      ? connection.all<ListedRow>(LIST_SESSIONS_OF_APP, page)
      : connection.all<ListedRow>(LIST_SESSIONS_OF_USER, { ...page, user: userId });
  const shown = rows.slice(0, most);
  const last = rows.length > most ? shown.at(-1) : undefined;
  const states = new States(connection, appName, shown);
  return {
    sessions: shown.map((row) =>
      sessionWith(states.of(row), { appName, userId: row.userId, sessionId: row.sessionId }, row, []),
    ),
    ...(last && { nextCursor: String(last.ordinal) }),
  };
}

/** The state of a page's sessions, read at once: what they share, once for all of them. */
class States {
  readonly #rows = new Map<string, StateRow[]>();

  constructor(connection: Connection, app: string, sessions: readonly ListedRow[]) {
    const scopes = new Map(sessions.flatMap(ownersOf).map(({ owner, scope }) => [owner, scope]));
    const owners = [...scopes];
    const found = connection.all<{ owner: number; name: string; value: string }>(FIND_STATES, {
      app,
      owners: `[${[...scopes.keys()].join(",")}]`,
    });
    for (const { owner: at, name, value } of found) {
      const [owner, scope] = owners[at] ?? ["", "session"];
      const rows = this.#rows.get(owner) ?? [];
      this.#rows.set(owner, rows);
      rows.push({ scope, name, value });
    }
  }

  /** The state that a session shows. */
  of(session: ListedRow): Record<string, unknown> {
    return stateOfRows(ownersOf(session).flatMap(({ owner }) => this.#rows.get(owner) ?? []));
  }
}

/** Whose state a session shows, as JSON. An empty user stands for all of them, and an empty session; keys are never empty. */
function ownersOf({
  userId,
  sessionId,
}: ListedRow): readonly { readonly scope: StateScope; readonly owner: string }[] {
  return [
    { scope: "app", owner: JSON.stringify(["", ""]) },
    { scope: "user", owner: JSON.stringify([userId, ""]) },
    { scope: "session", owner: JSON.stringify([userId, sessionId]) },
  ];
}
