import { InMemorySessionService, type Session, type SessionKey } from "@sessionfold/core";
import { type Broken, broken, changing, renamed, showing, wrap } from "./wrap.ts";

/** Services that break a rule on sessions, lists, state or the deletion of events. */
export const BROKEN_SESSIONS: Readonly<Record<string, Broken>> = {
  "session-created": broken("makes the session that a read asks for", (inner) => ({
    getSession: async (request) => (await inner.getSession(request)) ?? inner.createSession(request),
    createSession: async (request) =>
      (await inner.getSession(request as SessionKey)) ?? inner.createSession(request),
  })),
  "session-exists": broken("begins a taken session anew", (inner) => ({
    createSession: async (request) => {
      await inner.deleteSession(request as SessionKey);
      return inner.createSession(request);
    },
  })),
  "session-missing": broken("makes the session that an append names", (inner) => ({
    appendEvent: async (request) => {
      const key = request.session as SessionKey;
      if ((await inner.getSession(key)) === null) await inner.createSession(key);
      return inner.appendEvent(request);
    },
  })),
  "session-deleted": broken("hides a deleted session from reads alone", (inner) => {
    let deleted = false;
    return {
      deleteSession: async () => {
        deleted = true;
      },
      getSession: async (request) => (deleted ? null : inner.getSession(request)),
    };
  }),
  "session-anew": broken("leaves the events of a deleted session", (inner) => {
    let left: Session["events"] = [];
    return {
      deleteSession: async (request) => {
        left = (await inner.getSession(request))?.events ?? [];
        await inner.deleteSession(request);
      },
      createSession: async (request) => {
        const session = await inner.createSession(request);
        for (const event of left) await inner.appendEvent({ session: { ...request } as SessionKey, event });
        return session;
      },
    };
  }),
  "session-updated": (() => {
    let reads = 0;
    return showing("tells a time that goes back", () => ({ lastUpdateTime: -reads++ }));
  })(),
  "list-scope": broken("lists the sessions of all users", (inner) => ({
    listSessions: ({ userId: _, ...request }) => inner.listSessions(request),
  })),
  "list-light": broken("lists sessions with their events", (inner) => ({
    listSessions: async (request) => {
      const { sessions } = await inner.listSessions(request);
      const whole = await Promise.all(sessions.map((session) => inner.getSession(session)));
      return { sessions: whole.filter((session) => session !== null) };
    },
  })),
  "list-pages": broken("skips a session between two pages", (inner) => ({
    listSessions: async (request) => {
      const page = await inner.listSessions(request);
      return request.cursor === undefined ? page : { ...page, sessions: page.sessions.slice(1) };
    },
  })),
  "state-scopes": {
    defect: "shows a user's state to the whole app",
    create: () =>
      renaming(
        (key) => key.replace(/^user:/, "app:user:"),
        (key) => key.replace(/^app:user:/, "user:"),
      ),
  },
  "state-initial": broken("keeps the first state for the session alone", (inner) => ({
    createSession: async (request) => {
      const session = await inner.createSession({
        ...request,
        state: renamed(request.state, (key) => (key.startsWith("temp:") ? key : `!${key}`)),
      });
      return { ...session, state: renamed(session.state, (key) => key.replace("!", "")) };
    },
    getSession: async (request) => {
      const session = await inner.getSession(request);
      return session && { ...session, state: renamed(session.state, (key) => key.replace("!", "")) };
    },
  })),
  "state-temporary": {
    defect: "stores temporary state",
    create: () =>
      renaming(
        (key) => key.replace(/^temp:/, "!temp:"),
        (key) => key.replace(/^!temp:/, "temp:"),
      ),
  },
  "state-atomic": (() => {
    let state: Record<string, unknown> = {};
    return showing("shows the state of the read before", (session) => {
      const before = state;
      state = session.state;
      return { state: before };
    });
  })(),
  "state-refused": broken("writes the state before it looks at the event", (inner) => ({
    appendEvent: async (request) => {
      const { session, event } = request;
      if (event.id === "")
        await inner.appendEvent({
          session: { ...(session as SessionKey) },
          event: { actions: event.actions },
        });
      return inner.appendEvent(request);
    },
  })),
  "state-at-once": broken("loses changes during a change", (inner) => {
    let busy = false;
    return {
      appendEvent: async (request) => {
        if (busy) return inner.appendEvent({ ...request, event: changing(request.event, () => ({})) });
        busy = true;
        await Promise.resolve();
        busy = false;
        return inner.appendEvent(request);
      },
    };
  }),
  "state-kept": broken("gives a deleted session's state to the next one", (inner) => {
    let left: Record<string, unknown> = {};
    return {
      deleteSession: async (request) => {
        left = (await inner.getSession(request))?.state ?? {};
        await inner.deleteSession(request);
      },
      createSession: (request) => inner.createSession({ ...request, state: { ...left, ...request.state } }),
    };
  }),
  "state-values": broken("merges objects", (inner) => ({
    appendEvent: async (request) => {
      const state = (await inner.getSession(request.session as SessionKey))?.state ?? {};
      const event = changing(request.event, (delta) => ({
        ...delta,
        object: { ...(state.object as object), ...(delta.object as object) },
      }));
      return inner.appendEvent({ ...request, event });
    },
  })),
  "delete-events": broken("tells how many it was asked to delete", (inner) => ({
    deleteEvents: async (request) => {
      await inner.deleteEvents(request);
      return request.eventIds.length;
    },
  })),
  "delete-events-positions": broken("gives the position of the last event and one", (inner) => ({
    getSession: async ({ afterSeq = -1, ...request }) => {
      const session = await inner.getSession(request);
      const events = session?.events.map((event, seq) => ({ ...event, seq })) ?? [];
      return session && { ...session, events: events.filter(({ seq }) => seq > afterSeq) };
    },
    appendEvent: async (request) => {
      const stored = await inner.appendEvent(request);
      const { events } = (await inner.getSession(request.session as SessionKey)) as Session;
      return { ...stored, seq: events.findIndex(({ id }) => id === stored.id) };
    },
  })),
  "delete-events-missing": broken("finds nothing to delete in no session", (inner) => ({
    deleteEvents: async (request) =>
      (await inner.getSession(request)) === null ? 0 : inner.deleteEvents(request),
  })),
};

/** Keeps state by other names than it has, in and out. */
function renaming(into: (key: string) => string, back: (key: string) => string): InMemorySessionService {
  const inner = new InMemorySessionService();
  return wrap(inner, {
    appendEvent: (request) =>
      inner.appendEvent({ ...request, event: changing(request.event, (delta) => renamed(delta, into)) }),
    getSession: async (request) => {
      const session = await inner.getSession(request);
      return session && { ...session, state: renamed(session.state, back) };
    },
  });
}
