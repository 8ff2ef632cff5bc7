import { InMemorySessionService, type SessionKey } from "@sessionfold/core";
import { type AlsoBroken, type Broken, broken, changing, over, showing, storing, wrap } from "./wrap.ts";

/** Services that break a rule on what is shared, and some on keys, lists and state. */
export const BROKEN_SHARING: Readonly<Record<string, Broken>> = {
  "share-changes": over("writes back the user's state that it has read", (storage) => {
    // What another service sets meanwhile is in nobody's memory but its own.
    const mine = new Map<string, unknown>();
    const isUsers = ([key]: [string, unknown]): boolean => key.startsWith("user:");
    return {
      appendEvent: async (request) => {
        const stored = await storage.appendEvent(request);
        for (const [key, value] of Object.entries(stored.actions.stateDelta ?? {}).filter(isUsers))
          mine.set(key, value);
        return stored;
      },
      getSession: async (request) => {
        const session = await storage.getSession(request);
        if (session === null) return null;
        const others = Object.entries(session.state).filter((entry) => !isUsers(entry));
        return { ...session, state: Object.fromEntries([...others, ...mine]) };
      },
    };
  }),
  "share-crossed": broken("locks keys one by one, and gives up where one is locked", (inner) => {
    const locked = new Set<string>();
    return {
      appendEvent: async (request) => {
        const own: string[] = [];
        try {
          for (const key of Object.keys(request.event.actions?.stateDelta ?? {})) {
            if (!key.startsWith("app:") && !key.startsWith("user:")) continue;
            if (locked.has(key) && own.length > 0) throw new Error("deadlock detected");
            while (locked.has(key)) await Promise.resolve();
            locked.add(key);
            own.push(key);
            await Promise.resolve();
          }
          return await inner.appendEvent(request);
        } finally {
          for (const key of own) locked.delete(key);
        }
      },
    };
  }),
  "share-pages": over("goes on at a page of its own memory", (storage) => {
    const pages = new Map<string, string>();
    return {
      listSessions: async ({ cursor, ...request }) => {
        const inner = cursor === undefined ? undefined : pages.get(cursor);
        if (cursor !== undefined && inner === undefined) return { sessions: [] };
        const { sessions, nextCursor } = await storage.listSessions({ ...request, cursor: inner });
        if (nextCursor === undefined) return { sessions };
        const told = `page ${pages.size}`;
        pages.set(told, nextCursor);
        return { sessions, nextCursor: told };
      },
    };
  }),
  "state-large": storing("takes 999 values in a statement", (event) =>
    changing(event, (delta) => Object.fromEntries(Object.entries(delta).slice(0, 999))),
  ),
  "session-made-whole": broken("makes the session, then its state", (inner) => ({
    createSession: async ({ state, ...request }) => {
      const session = await inner.createSession(request);
      JSON.stringify(state, (_, value: unknown) => {
        if (typeof value === "bigint") throw new TypeError("no JSON");
        return value;
      });
      if (state === undefined) return session;
      await inner.deleteSession(session);
      return inner.createSession({ ...request, sessionId: session.sessionId, state });
    },
  })),
  "list-foreign": {
    defect: "lists what the cursor says, whoever asks",
    create: () => {
      const inner = new InMemorySessionService();
      return wrap(inner, {
        listSessions: async ({ cursor, ...request }) => {
          type Asked = typeof request & { readonly at?: string };
          const asked: Asked = cursor === undefined ? request : (JSON.parse(cursor) as Asked);
          const { limit = 100 } = request;
          const { appName, userId, at } = asked;
          const page = await inner.listSessions({ appName, userId, limit, cursor: at });
          if (page.nextCursor === undefined) return page;
          return { ...page, nextCursor: JSON.stringify({ appName, userId, at: page.nextCursor }) };
        },
      });
    },
  },
  "keys-by-id": broken("has one name for the id of a session", (inner) => ({
    appendEvent: (request) => {
      const { events: _, ...key } = request.session as SessionKey & { events?: unknown };
      return "sessionId" in request.session
        ? inner.appendEvent(request)
        : inner.appendEvent({ ...request, session: key as SessionKey });
    },
  })),
};

/** Others that do. */
export const ALSO_BROKEN_SHARING: readonly AlsoBroken[] = [
  {
    rule: "state-large",
    ...showing("has room for 64 KiB in the state", ({ state }) => ({
      state: Object.fromEntries(
        Object.entries(state).map(([key, value]) => [
          key,
          typeof value === "string" ? value.slice(0, 65_536) : value,
        ]),
      ),
    })),
  },
];
