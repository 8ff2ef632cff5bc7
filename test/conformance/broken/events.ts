import { InvalidEventError, isSessionfoldError, type SessionEvent } from "@sessionfold/core";
import { type Broken, broken, changing, retold, storing } from "./wrap.ts";

/** Services that break a rule on events, on whose objects are whose, or on errors. */
export const BROKEN_EVENTS: Readonly<Record<string, Broken>> = {
  "event-fields": storing("has no column for the branch", ({ branch: _, ...event }) => event),
  "event-notes": storing("has no column for summaries", (event) => {
    const { summary: _, ...actions } = event.actions ?? {};
    return { ...event, actions };
  }),
  "message-kinds": storing("stores the text alone", (event) => ({
    ...event,
    message: (event.message as { text?: string } | undefined)?.text ?? "",
  })),
  "text-unicode": storing("composes letters", (event) => retold(event, (text) => text.normalize("NFC"))),
  "text-nul": storing("ends at a NUL", (event) => retold(event, (text) => text.split("\0")[0] ?? "")),
  "text-lone-surrogates": storing("encodes as UTF-8", (event) =>
    retold(event, (text) => Buffer.from(text).toString()),
  ),
  "text-large": storing("has room for 64 KiB", (event) => retold(event, (text) => text.slice(0, 65_536))),
  "data-hostile": storing("drops fields named __proto__", (event) =>
    changing(event, (delta) => {
      const text = JSON.stringify(delta);
      return JSON.parse(text, (key: string, value: unknown) =>
        key === "__proto__" ? undefined : value,
      ) as Record<string, unknown>;
    }),
  ),
  "owned-input": broken("keeps the caller's message", (inner) => {
    const messages = new Map<string, unknown>();
    return {
      appendEvent: async (request) => {
        messages.set(request.event.id ?? "", request.event.message);
        return inner.appendEvent(request);
      },
      getSession: async (request) => {
        const session = await inner.getSession(request);
        const own = (event: SessionEvent): SessionEvent =>
          ({ ...event, message: messages.get(event.id) ?? event.message }) as SessionEvent;
        return session && { ...session, events: session.events.map(own) };
      },
    };
  }),
  "owned-output": broken("hands out the session that it keeps", (inner) => {
    let kept: Awaited<ReturnType<typeof inner.getSession>> = null;
    return {
      appendEvent: (request) => {
        kept = null;
        return inner.appendEvent(request);
      },
      getSession: async (request) => {
        kept ??= await inner.getSession(request);
        return kept;
      },
    };
  }),
  "owned-session": broken("shows a repeated event again", (inner) => ({
    appendEvent: async ({ session, event }) => {
      const { events, ...key } = session;
      const stored = await inner.appendEvent({ session: key, event });
      events?.push(stored);
      return stored;
    },
  })),
  "errors-invalid": broken("takes the time itself where it cannot read it", (inner) => ({
    appendEvent: (request) => {
      const { event } = request;
      const isOdd = typeof event === "object" && event !== null && !Number.isFinite(event.timestamp ?? 0);
      return inner.appendEvent(isOdd ? { ...request, event: { ...event, timestamp: 1 } } : request);
    },
  })),
  "errors-silent": broken("quotes the event that it refuses", (inner) => ({
    appendEvent: async (request) => {
      try {
        return await inner.appendEvent(request);
      } catch (error) {
        if (!isSessionfoldError(error) || error.code !== "invalid-event") throw error;
        throw new InvalidEventError(`${error.message}: ${JSON.stringify(request.event)}`);
      }
    },
  })),
};
