import type { Session } from "@sessionfold/core";
import { type AlsoBroken, type Broken, broken, isWhole, showing } from "./wrap.ts";

const lastRead = (count: number): Broken =>
  showing(`reads a page of ${count} events`, ({ events }) => ({ events: events.slice(-count) }));

/** Services that break the rule on very long logs. */
export const BROKEN_LONG: Readonly<Record<string, Broken>> = { "log-very-long": lastRead(1000) };

const rule = "log-very-long";

/** Others that do. */
export const ALSO_BROKEN_LONG: readonly AlsoBroken[] = [
  { rule, ...lastRead(300) },
  {
    rule,
    ...broken("reads at most 500 of the news", (inner) => ({
      getSession: async (request) => {
        const session = await inner.getSession(request);
        if (session === null || request.afterSeq === undefined) return session;
        return { ...session, events: session.events.slice(0, 500) };
      },
    })),
  },
  {
    rule,
    ...broken("knows the ids of the last thousand events", (inner) => {
      const seen: string[] = [];
      const plain = (id: string): string => id.replace(/#\d+$/, "");
      const shown = (session: Session): Session => ({
        ...session,
        events: session.events.map((event) => ({ ...event, id: plain(event.id) })),
      });
      return {
        getSession: async (request) => {
          const session = await inner.getSession(request);
          return session && shown(session);
        },
        appendEvent: async (request) => {
          const { id } = request.event;
          if (!isWhole(request.event) || typeof id !== "string") return inner.appendEvent(request);
          if (!seen.slice(-1000).includes(id)) seen.push(id);
          const again = seen.filter((each) => each === id).length;
          const event = { ...request.event, id: again > 1 ? `${id}#${again}` : id };
          return { ...(await inner.appendEvent({ ...request, event })), id };
        },
      };
    }),
  },
];
