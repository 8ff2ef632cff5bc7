import type { EventDeletingService, InMemorySessionService, SessionKey } from "@sessionfold/core";
import { type AlsoBroken, type Broken, broken, changing, isWhole, over } from "./wrap.ts";

type Deletion = EventDeletingService["deleteEvents"];

const deleting = (defect: string, method: (inner: InMemorySessionService) => Deletion): Broken =>
  broken(defect, (inner) => ({ deleteEvents: method(inner) }));

const nameOf = ({ appName, userId, sessionId }: SessionKey): string =>
  JSON.stringify([appName, userId, sessionId]);

const isNull = ([, value]: [string, unknown]): boolean => value === null;

/** Services that break a rule on deletion, on state or on sessions that is not broken elsewhere. */
export const BROKEN_REST: Readonly<Record<string, Broken>> = {
  "delete-events-many": deleting(
    "deletes by the first hundred ids",
    (inner) =>
      ({ eventIds, ...key }) =>
        inner.deleteEvents({ ...key, eventIds: eventIds.slice(0, 100) }),
  ),
  "delete-events-exact": deleting("deletes by patterns", (inner) => async ({ eventIds, ...key }) => {
    const { events = [] } = (await inner.getSession(key)) ?? {};
    const matches = (id: string, pattern: string): boolean =>
      id === pattern || pattern === "%" || (pattern === "_" && id.length === 1);
    const found = events.map(({ id }) => id).filter((id) => eventIds.some((pattern) => matches(id, pattern)));
    return inner.deleteEvents({ ...key, eventIds: found });
  }),
  "delete-events-reopened": over("numbers by what is left when it is opened", (storage) => {
    let next: number | undefined;
    const seqs = new Map<string, number>();
    return {
      appendEvent: async (request) => {
        const { events = [] } = (await storage.getSession(request.session as SessionKey)) ?? {};
        next ??= events.length;
        const stored = await storage.appendEvent(request);
        seqs.set(stored.id, next);
        return { ...stored, seq: next++ };
      },
      getSession: async (request) => {
        const session = await storage.getSession(request);
        const events = session?.events.map((event) => ({ ...event, seq: seqs.get(event.id) ?? event.seq }));
        return session && { ...session, events: events ?? [] };
      },
    };
  }),
  "state-values-shared": broken("takes a null of the user for a deletion", (inner) => ({
    getSession: async (request) => {
      const session = await inner.getSession(request);
      const entries = Object.entries(session?.state ?? {});
      const state = entries.filter((entry) => !entry[0].startsWith("user:") || !isNull(entry));
      return session && { ...session, state: Object.fromEntries(state) };
    },
  })),
  "state-repeated": broken("applies the change of a repeated event again", (inner) => ({
    appendEvent: async (request) => {
      const { session, event } = request;
      const { events = [] } = (await inner.getSession(session as SessionKey)) ?? {};
      const known = events.find(({ id }) => id === event?.id);
      const { stateDelta } = known?.actions ?? {};
      if (stateDelta !== undefined && isWhole(event)) {
        const again = {
          session: { ...(session as SessionKey) },
          event: { id: "again", actions: { stateDelta } },
        };
        await inner.appendEvent(again);
        await inner.deleteEvents({ ...(session as SessionKey), eventIds: ["again"] });
      }
      return inner.appendEvent(request);
    },
  })),
  "state-whole": broken("writes the state, then the event", (inner) => ({
    appendEvent: async (request) => {
      const session = { ...(request.session as SessionKey) };
      const { events = [] } = (await inner.getSession(session)) ?? {};
      const isKnown = events.some(({ id }) => id === request.event?.id);
      if (isKnown || !isWhole(request.event)) return inner.appendEvent(request);
      const shared = changing(request.event, (delta) =>
        Object.fromEntries(Object.entries(delta).filter(([, value]) => typeof value !== "bigint")),
      );
      await inner.appendEvent({ session, event: { id: "state", actions: shared.actions } });
      await inner.deleteEvents({ ...session, eventIds: ["state"] });
      JSON.stringify(request.event.actions);
      return inner.appendEvent(request);
    },
  })),
  "state-atomic-elsewhere": over("reads the state first, then the events", (storage, isFirst) => ({
    getSession: async (request) => {
      if (isFirst) return storage.getSession(request);
      const before = await storage.getSession(request);
      for (let tick = 0; tick < 20; tick++) await Promise.resolve();
      const session = await storage.getSession(request);
      return session && { ...session, state: before?.state ?? {} };
    },
  })),
  "session-updated-clock": broken("takes the time of the event for that of the update", (inner) => {
    let updated: number | undefined;
    return {
      appendEvent: async (request) => {
        const stored = await inner.appendEvent(request);
        updated = Math.max(updated ?? 0, stored.timestamp);
        return stored;
      },
      getSession: async (request) => {
        const session = await inner.getSession(request);
        return session && { ...session, lastUpdateTime: updated ?? session.lastUpdateTime };
      },
    };
  }),
  "session-made-at-once": broken("looks whether there is one, and makes it later", (inner) => ({
    createSession: async (request) => {
      if (request.sessionId === undefined) return inner.createSession(request);
      const known = await inner.getSession(request as SessionKey);
      if (known !== null) return inner.createSession(request);
      // Both are done before anybody else comes in.
      const [, session] = await Promise.all([
        inner.deleteSession(request as SessionKey),
        inner.createSession(request),
      ]);
      return session;
    },
  })),
  "session-deleted-at-once": broken("writes an event to whatever stands under its key by then", (inner) => {
    const late: (() => Promise<unknown>)[] = [];
    let appends = 0;
    return {
      appendEvent: async (request) => {
        // Every eighth append is slow.
        if (++appends % 8 !== 0) return inner.appendEvent(request);
        const { event, session } = request;
        late.push(() => inner.appendEvent({ session: { ...(session as SessionKey) }, event }));
        return inner.appendEvent({ ...request, event: { ...event, actions: {} } });
      },
      createSession: async (request) => {
        const session = await inner.createSession(request);
        for (const write of late.splice(0)) await write();
        return (await inner.getSession(session)) ?? session;
      },
    };
  }),
  "session-elsewhere": over("has the sessions that it has read in its memory", (storage) => {
    const known = new Map<string, Awaited<ReturnType<InMemorySessionService["getSession"]>>>();
    const forget = (key: SessionKey): boolean => known.delete(nameOf(key));
    return {
      getSession: async (request) => {
        const session = known.get(nameOf(request)) ?? (await storage.getSession(request));
        if (session !== null) known.set(nameOf(request), session);
        return session;
      },
      appendEvent: (request) => {
        forget(request.session as SessionKey);
        return storage.appendEvent(request);
      },
      deleteSession: (request) => {
        forget(request);
        return storage.deleteSession(request);
      },
    };
  }),
};

/** Others that do. */
export const ALSO_BROKEN_REST: readonly AlsoBroken[] = [
  {
    rule: "delete-events-many",
    ...deleting("takes so many values in a statement", (inner) => (request) => {
      if (request.eventIds.length > 65_535) return Promise.reject(new Error("too many SQL variables"));
      return inner.deleteEvents(request);
    }),
  },
  {
    rule: "delete-events-exact",
    ...deleting("deletes without case", (inner) => async ({ eventIds, ...key }) => {
      const { events = [] } = (await inner.getSession(key)) ?? {};
      const asked = eventIds.map((id) => id.toLowerCase());
      const found = events.map(({ id }) => id).filter((id) => asked.includes(id.toLowerCase()));
      return inner.deleteEvents({ ...key, eventIds: found });
    }),
  },
  {
    rule: "session-updated-clock",
    ...broken("tells seconds", (inner) => ({
      getSession: async (request) => {
        const session = await inner.getSession(request);
        return session && { ...session, lastUpdateTime: session.lastUpdateTime / 1000 };
      },
      createSession: async (request) => {
        const session = await inner.createSession(request);
        return { ...session, lastUpdateTime: session.lastUpdateTime / 1000 };
      },
    })),
  },
  {
    rule: "session-elsewhere",
    ...over("has the users' state in its memory", (storage) => {
      const users = new Map<string, [string, unknown][]>();
      const ofUser = ([key]: [string, unknown]): boolean => key.startsWith("user:");
      return {
        appendEvent: (request) => {
          users.delete((request.session as SessionKey).userId);
          return storage.appendEvent(request);
        },
        getSession: async (request) => {
          const session = await storage.getSession(request);
          if (session === null) return null;
          const entries = Object.entries(session.state);
          const own = users.get(request.userId) ?? entries.filter(ofUser);
          users.set(request.userId, own);
          const state = Object.fromEntries([...entries.filter((entry) => !ofUser(entry)), ...own]);
          return { ...session, state };
        },
      };
    }),
  },
];
