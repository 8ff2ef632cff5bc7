import type { SessionEvent, SessionKey } from "@sessionfold/core";
import { type AlsoBroken, type Broken, broken, changing, renamed, storing } from "./wrap.ts";

/** Takes an event for one that it knows where the edited ids are equal. */
function knowing(defect: string, edit: (id: string) => string): Broken {
  return broken(defect, (inner) => {
    const known = new Map<string, SessionEvent>();
    return {
      appendEvent: async (request) => {
        const id = edit(request.event.id ?? "");
        const stored = known.get(id) ?? (await inner.appendEvent(request));
        known.set(id, stored);
        return stored;
      },
    };
  });
}

/** Deletes all sessions of a user whose edited ids are equal. */
function deleting(defect: string, edit: (id: string) => string): Broken {
  return broken(defect, (inner) => ({
    deleteSession: async (key) => {
      const { sessions } = await inner.listSessions({ ...key, limit: 1000 });
      for (const { sessionId } of sessions)
        if (edit(sessionId) === edit(key.sessionId)) await inner.deleteSession({ ...key, sessionId });
    },
  }));
}

/** Keeps state of users, or of apps, by a name of its own. */
function owning(defect: string, prefix: "user:" | "app:", name: (key: SessionKey) => string): Broken {
  return broken(defect, (inner) => {
    const states = new Map<string, Record<string, unknown>>();
    const isShared = ([key]: [string, unknown]): boolean => key.startsWith(prefix);
    return {
      appendEvent: (request) => {
        const owner = name(request.session as SessionKey);
        const delta = Object.entries(request.event.actions?.stateDelta ?? {}).filter(isShared);
        states.set(owner, { ...states.get(owner), ...Object.fromEntries(delta) });
        return inner.appendEvent(request);
      },
      getSession: async (request) => {
        const session = await inner.getSession(request);
        const own = Object.entries(session?.state ?? {}).filter((entry) => !isShared(entry));
        return session && { ...session, state: { ...Object.fromEntries(own), ...states.get(name(request)) } };
      },
    };
  });
}

const ofUsersWithoutCase = broken("lists the sessions of users without case", (inner) => ({
  listSessions: async ({ userId, ...request }) => {
    const { sessions } = await inner.listSessions({ ...request, limit: 1000 });
    const isAsked = (user: string): boolean => user.toLowerCase() === (userId ?? user).toLowerCase();
    return { sessions: sessions.filter((session) => isAsked(session.userId)) };
  },
}));
const lower = (text: string): string => text.toLowerCase();
const trimmed = (text: string): string => text.trim();
const composed = (text: string): string => text.normalize("NFC");

/** Services that break a rule on names. */
export const BROKEN_NAMES: Readonly<Record<string, Broken>> = {
  "names-listed": ofUsersWithoutCase,
  "names-events": knowing("knows ids without case", lower),
  "names-events-unstorable": knowing("knows ids by their UTF-8", (id) => Buffer.from(id).toString()),
  "names-fields": storing("trims authors", (event) => ({ ...event, author: event.author?.trim() || "user" })),
  "names-state": storing("keeps state without case", (event) =>
    changing(event, (delta) => renamed(delta, lower)),
  ),
  "names-state-owners": owning(
    "joins app and user by a slash",
    "user:",
    ({ appName, userId }) => `${appName}/${userId}`,
  ),
};

/** Others that do. */
export const ALSO_BROKEN_NAMES: readonly AlsoBroken[] = [
  { rule: "names-listed", ...deleting("deletes sessions without case", lower) },
  { rule: "names-listed", ...deleting("deletes sessions by trimmed ids", trimmed) },
  { rule: "names-events", ...knowing("trims ids", trimmed) },
  { rule: "names-events", ...knowing("composes the letters of ids", composed) },
  { rule: "names-events", ...knowing("has a column of 64 characters for ids", (id) => id.slice(0, 64)) },
  { rule: "names-events", ...knowing("takes ids for numbers", (id) => String(Number(id) || id)) },
  {
    rule: "names-fields",
    ...storing("takes invocations for numbers", (event) => ({
      ...event,
      invocationId: String(Number(event.invocationId) || event.invocationId),
    })),
  },
  {
    rule: "names-fields",
    ...storing("has a column of 255 characters for branches", (event) => ({
      ...event,
      branch: event.branch?.slice(0, 255),
    })),
  },
  {
    rule: "names-state",
    ...storing("takes scopes in any case", (event) =>
      changing(event, (delta) => renamed(delta, (key) => key.replace(/^(app|user|temp):/i, lower))),
    ),
  },
  {
    rule: "names-state",
    ...storing("trims keys of state", (event) => changing(event, (delta) => renamed(delta, trimmed))),
  },
  {
    rule: "names-state",
    ...storing("sets keys of state one by one", (event) =>
      changing(event, (delta) => {
        const copy: Record<string, unknown> = {};
        for (const [key, value] of Object.entries(delta)) copy[key] = value;
        return copy;
      }),
    ),
  },
  {
    rule: "names-state-owners",
    ...owning("has users without case", "user:", ({ appName, userId }) =>
      JSON.stringify([appName, lower(userId)]),
    ),
  },
  {
    rule: "names-state-owners",
    ...owning("trims the names of apps", "app:", ({ appName }) => trimmed(appName)),
  },
];
