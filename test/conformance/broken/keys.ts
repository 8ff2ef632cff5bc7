import { createEvent, type Session, type SessionKey } from "@sessionfold/core";
import { type Broken, broken, keeping } from "./wrap.ts";

const mapped =
  (edit: (name: string) => string) =>
  ({ appName, userId, sessionId }: SessionKey): SessionKey => ({
    appName: edit(appName),
    userId: edit(userId),
    sessionId: edit(sessionId),
  });

/** Services that break a rule on keys. */
export const BROKEN_KEYS: Readonly<Record<string, Broken>> = {
  "keys-apart": broken("deletes the sessions of that id for all users", (inner) => ({
    deleteSession: async ({ appName, sessionId }) => {
      const { sessions } = await inner.listSessions({ appName });
      for (const session of sessions) if (session.sessionId === sessionId) await inner.deleteSession(session);
    },
  })),
  "keys-hostile": broken("lists by a pattern", (inner) => {
    const apps = new Set<string>();
    const matches = (app: string, pattern: string): boolean =>
      pattern === app || (pattern.includes("%") && app.startsWith(pattern.slice(0, pattern.indexOf("%"))));
    return {
      createSession: (request) => {
        apps.add(request.appName);
        return inner.createSession(request);
      },
      listSessions: async (request) => {
        const sessions: Session[] = [];
        for (const appName of apps)
          if (matches(appName, request.appName))
            sessions.push(...(await inner.listSessions({ ...request, appName })).sessions);
        return { sessions };
      },
    };
  }),
  "keys-joined": keeping("joins the parts by a slash", ({ appName, userId, sessionId }) => ({
    appName: "all",
    userId: "all",
    sessionId: `${appName}/${userId}/${sessionId}`,
  })),
  "keys-exact": keeping(
    "compares without case",
    mapped((name) => name.toLowerCase()),
  ),
  "keys-unstorable": keeping(
    "encodes keys as UTF-8",
    mapped((name) => Buffer.from(name).toString()),
  ),
  "keys-checked": keeping(
    "has a user for all without one",
    mapped((name) => name || "anonymous"),
  ),
  "keys-event-ids": broken("wants ids unique across sessions", (inner) => {
    const known = new Map<string, unknown>();
    return {
      appendEvent: async (request) => {
        const { session, event } = request;
        const owner = "sessionId" in session ? session.sessionId : session.id;
        if ((known.get(event.id ?? "") ?? owner) !== owner) return createEvent(event, 0, Date.now);
        known.set(event.id ?? "", owner);
        return inner.appendEvent(request);
      },
    };
  }),
  "keys-made": broken("makes the same id again", (inner) => {
    let made: Promise<Session> | undefined;
    return {
      createSession: (request) => {
        made ??= inner.createSession(request);
        return made;
      },
    };
  }),
};
