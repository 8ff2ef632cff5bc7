import { createEvent, type EventInput, InMemorySessionService, type SessionService } from "@sessionfold/core";
import { type Broken, broken, showing, storing, wrap } from "./wrap.ts";

/** Services that break a rule on logs and appends. */
export const BROKEN_LOGS: Readonly<Record<string, Broken>> = {
  "log-once": broken("stores each event twice", (inner) => ({
    appendEvent: async (request) => {
      await inner.appendEvent({ ...request, event: { ...request.event, id: `${request.event.id}-again` } });
      return inner.appendEvent(request);
    },
  })),
  "log-long": showing("reads a page of a hundred", ({ events }) => ({ events: events.slice(-100) })),
  "log-order": showing("sorts by time", ({ events }) => ({
    events: events.toSorted((a, b) => a.timestamp - b.timestamp),
  })),
  "log-positions": showing("gives no positions", ({ events }) => ({
    events: events.map((event) => ({ ...event, seq: 0 })),
  })),
  "log-fills-in": storing("has one id for all who have none", (event) => ({
    ...event,
    id: event.id ?? "new",
  })),
  "log-after-seq": broken("leaves out the first of the news", (inner) => ({
    getSession: ({ afterSeq, ...request }) =>
      inner.getSession({ ...request, ...(afterSeq !== undefined && { afterSeq: afterSeq + 1 }) }),
  })),
  "append-idempotent": broken("replaces an event of the same id", (inner) => ({
    appendEvent: async (request) => {
      const { session, event } = request;
      await inner.deleteEvents({ ...keyOf(session), eventIds: [event.id ?? ""] });
      return inner.appendEvent(request);
    },
  })),
  "append-idempotent-at-once": broken("looks whether it knows the id, and writes later", (inner) => {
    let writes = 0;
    const plain = (id: string): string => id.replace(/#\d+$/, "");
    const service: Partial<SessionService> = {
      getSession: async (request) => {
        const session = await inner.getSession(request);
        return session && { ...session, events: session.events.map((e) => ({ ...e, id: plain(e.id) })) };
      },
      appendEvent: async ({ session, event }) => {
        const known = (await inner.getSession(keyOf(session)))?.events.find(
          ({ id }) => plain(id) === event.id,
        );
        if (known !== undefined) return { ...known, id: plain(known.id) };
        await inner.appendEvent({ session, event: { ...event, id: `${event.id}#${writes++}` } });
        return createEvent(event, 0, Date.now);
      },
    };
    return service;
  }),
  "append-partial": broken("stores pieces", (inner) => ({
    appendEvent: ({ event, ...request }) =>
      inner.appendEvent({ ...request, event: { ...event, partial: false } }),
  })),
  "append-at-once": broken("loses what is appended during an append", (inner) => {
    let busy = false;
    return {
      appendEvent: async (request) => {
        if (busy) return createEvent(request.event, 0, Date.now);
        busy = true;
        await Promise.resolve();
        busy = false;
        return inner.appendEvent(request);
      },
    };
  }),
  "append-stale": broken("takes the caller's copy for the session", (inner) => ({
    appendEvent: async (request) => {
      const { events } = request.session;
      const known = (await inner.getSession(keyOf(request.session)))?.events ?? [];
      if (events !== undefined) {
        const eventIds = known.map(({ id }) => id).filter((id) => !events.some((event) => event.id === id));
        await inner.deleteEvents({ ...keyOf(request.session), eventIds });
      }
      return inner.appendEvent(request);
    },
  })),
  "append-two-services": {
    defect: "loses what a second service appends",
    create: () => new InMemorySessionService(),
    reopen: (service) => wrap(service, { appendEvent: async ({ event }) => createEvent(event, 0, Date.now) }),
  },
  "append-reopened": {
    defect: "writes an event when the next one comes",
    create: () => writingBehind(new InMemorySessionService()),
    reopen: (service) => writingBehind((service as unknown as { storage: SessionService }).storage),
  },
};

/** Acknowledges first and writes later. */
function writingBehind(storage: SessionService): SessionService {
  let waiting:
    | { session: Parameters<SessionService["appendEvent"]>[0]["session"]; event: EventInput }
    | undefined;
  const write = async (): Promise<void> => {
    const next = waiting;
    waiting = undefined;
    if (next !== undefined) await storage.appendEvent(next);
  };
  const seen: SessionService = wrap(storage, {
    appendEvent: async ({ session, event }) => {
      await write();
      waiting = { session, event };
      return createEvent(event, 0, Date.now);
    },
    getSession: async (request) => {
      const session = await storage.getSession(request);
      const event = waiting === undefined ? [] : [createEvent(waiting.event, 99, Date.now)];
      return session && { ...session, events: [...session.events, ...event] };
    },
  });
  return Object.assign(wrap(seen, {}), { storage });
}

function keyOf(session: unknown): { appName: string; userId: string; sessionId: string } {
  const { appName, userId, sessionId } = session as { appName: string; userId: string; sessionId: string };
  return { appName, userId, sessionId };
}
