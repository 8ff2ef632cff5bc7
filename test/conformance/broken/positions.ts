import { InMemorySessionService, type SessionEvent, type SessionKey } from "@sessionfold/core";
import { type AlsoBroken, type Broken, broken, isWhole, wrap } from "./wrap.ts";

/** Numbers events when it is asked, and shows them when they are written, a while later. */
function numberingEarly(
  storage: InMemorySessionService,
  numbers: { next: number; given: Map<string, number> },
) {
  const numbered = (event: SessionEvent): SessionEvent => ({
    ...event,
    seq: numbers.given.get(event.id) ?? event.seq,
  });
  return wrap(storage, {
    appendEvent: async (request) => {
      if (!isWhole(request.event)) return storage.appendEvent(request);
      const seq = numbers.next++;
      numbers.given.set(request.event.id ?? "", seq);
      for (let tick = 0; tick < (seq % 3) * 4; tick++) await Promise.resolve();
      return { ...(await storage.appendEvent(request)), seq };
    },
    getSession: async ({ afterSeq = -1, ...request }) => {
      const session = await storage.getSession(request);
      const events = session?.events.map(numbered).toSorted((a, b) => a.seq - b.seq) ?? [];
      return session && { ...session, events: events.filter(({ seq }) => seq > afterSeq) };
    },
  });
}

/** Services that break a rule on reads behind a position. */
export const BROKEN_POSITIONS: Readonly<Record<string, Broken>> = {
  "position-edges": broken("finds nothing where there is no news", (inner) => ({
    getSession: async (request) => {
      const session = await inner.getSession(request);
      return request.afterSeq !== undefined && session?.events.length === 0 ? null : session;
    },
  })),
  "position-state": broken("tells the state of the news", (inner) => ({
    getSession: async (request) => {
      const session = await inner.getSession(request);
      if (session === null || request.afterSeq === undefined) return session;
      return { ...session, state: Object.assign({}, ...session.events.map((e) => e.actions.stateDelta)) };
    },
  })),
  "position-followed": {
    defect: "gives numbers before it writes",
    create: () => numberingEarly(new InMemorySessionService(), { next: 0, given: new Map() }),
  },
};

/** Others that do. */
export const ALSO_BROKEN_POSITIONS: readonly AlsoBroken[] = [
  {
    rule: "position-edges",
    ...broken("counts negative positions from the end", (inner) => ({
      getSession: async ({ afterSeq, ...request }) => {
        const session = await inner.getSession(request);
        return (
          session && {
            ...session,
            events: session.events.slice(
              afterSeq === undefined ? 0 : afterSeq + 0 < 0 ? afterSeq : afterSeq + 1,
            ),
          }
        );
      },
    })),
  },
  {
    rule: "position-state",
    ...broken("remembers the state of the whole read before", (inner) => {
      const states = new Map<string, Record<string, unknown>>();
      const nameOf = ({ sessionId }: SessionKey): string => sessionId;
      return {
        getSession: async (request) => {
          const session = await inner.getSession(request);
          if (session === null) return null;
          if (request.afterSeq === undefined) {
            states.set(nameOf(request), states.get(nameOf(request)) ?? session.state);
            return session;
          }
          return { ...session, state: states.get(nameOf(request)) ?? session.state };
        },
      };
    }),
  },
];
