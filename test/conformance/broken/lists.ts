import type { ListSessionsRequest, Session } from "@sessionfold/core";
import { InMemorySessionService } from "@sessionfold/core";
import { type AlsoBroken, type Broken, broken, wrap } from "./wrap.ts";

/** Lists all, in an order of its own, by an offset. */
function byOffset(defect: string, compare: (a: Session, b: Session) => number): Broken {
  return broken(defect, (inner) => ({
    listSessions: async ({ limit = 100, cursor = "0", ...request }: ListSessionsRequest) => {
      if (limit < 1) return inner.listSessions({ ...request, limit });
      const { sessions } = await inner.listSessions({ ...request, limit: 10_000 });
      const from = Number(cursor);
      const page = sessions.toSorted(compare).slice(from, from + limit);
      return {
        sessions: page,
        ...(from + limit < sessions.length && { nextCursor: String(from + limit) }),
      };
    },
  }));
}

/** Lists the sessions of which something is behind the cursor. */
function byValue(defect: string, placeOf: (session: Session) => string): Broken {
  return {
    defect,
    create: () => {
      let now = 1e12;
      const inner = new InMemorySessionService({ clock: () => now++ });
      return wrap(inner, {
        listSessions: async ({ limit = 100, cursor = "", ...request }: ListSessionsRequest) => {
          if (limit < 1) return inner.listSessions({ ...request, limit });
          const { sessions } = await inner.listSessions({ ...request, limit: 10_000 });
          const rest = sessions
            .filter((session) => placeOf(session) > cursor)
            .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
          const page = rest.slice(0, limit);
          const last = page.at(-1);
          return {
            sessions: page,
            ...(rest.length > limit && last !== undefined && { nextCursor: placeOf(last) }),
          };
        },
      });
    },
  };
}

/** Services that break a rule on lists. */
export const BROKEN_LISTS: Readonly<Record<string, Broken>> = {
  "list-whole": broken("ends a list without a cursor", (inner) => ({
    listSessions: async (request) => {
      const { nextCursor, ...page } = await inner.listSessions(request);
      return request.limit === undefined || nextCursor === undefined ? page : { ...page, nextCursor };
    },
  })),
  "list-changing": byOffset("goes on at an offset", () => 0),
  "list-own": broken("lists all sessions with the state of the first", (inner) => ({
    listSessions: async (request) => {
      const { sessions, ...rest } = await inner.listSessions(request);
      const state = sessions[0]?.state ?? {};
      return { ...rest, sessions: sessions.map((session) => ({ ...session, state })) };
    },
  })),
};

/** Others that do. */
export const ALSO_BROKEN_LISTS: readonly AlsoBroken[] = [
  {
    rule: "list-whole",
    ...broken("has at most a hundred sessions", (inner) => ({
      listSessions: async (request) => {
        if ((request.limit ?? 1) < 1) return inner.listSessions(request);
        const { sessions } = await inner.listSessions({ ...request, limit: 100, cursor: undefined });
        const from = Number(request.cursor ?? 0);
        const to = from + (request.limit ?? 100);
        return {
          sessions: sessions.slice(from, to),
          ...(to < sessions.length && { nextCursor: String(to) }),
        };
      },
    })),
  },
  {
    rule: "list-changing",
    ...byOffset("goes on at an offset, the latest first", (a, b) => b.lastUpdateTime - a.lastUpdateTime),
  },
  {
    rule: "list-changing",
    ...byValue("goes on at the time of the last update", (session) => String(session.lastUpdateTime)),
  },
  {
    rule: "list-own",
    ...broken("lists users without their state", (inner) => ({
      listSessions: async (request) => {
        const { sessions, ...rest } = await inner.listSessions(request);
        const own = (state: Session["state"]) =>
          Object.fromEntries(Object.entries(state).filter(([key]) => !key.startsWith("user:")));
        return { ...rest, sessions: sessions.map((each) => ({ ...each, state: own(each.state) })) };
      },
    })),
  },
];
