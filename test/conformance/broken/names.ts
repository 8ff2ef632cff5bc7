import type { SessionKey } from "@sessionfold/core";
import { type AlsoBroken, type Broken, broken, changing, isWhole, renamed, storing } from "./wrap.ts";

/** Takes an event for one that it knows where the edited ids are equal. */
function knowing(defect: string, edit: (id: string) => string): Broken {
  return broken(defect, (inner) => ({
    appendEvent: async (request) => {
      const { session, event } = request;
      if (!isWhole(event) || typeof event.id !== "string") return inner.appendEvent(request);
      const { id } = event;
      const { events = [] } = (await inner.getSession(session as SessionKey)) ?? {};
      const known = events.find((each) => each.id !== id && edit(each.id) === edit(id));
      return known ?? inner.appendEvent(request);
    },
  }));
}

/** Deletes all sessions of a user whose edited ids are equal. */
function deleting(defect: string, edit: (id: string) => string): Broken {
  return broken(defect, (inner) => ({
    deleteSession: async (key) => {
      // Refused, where it is no key.
      await inner.getSession(key);
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
    const share = (owner: string, delta: object | undefined): void => {
      const shared = Object.fromEntries(Object.entries(delta ?? {}).filter(isShared));
      states.set(owner, { ...states.get(owner), ...shared });
    };
    const seen = (state: Record<string, unknown>, owner: string): Record<string, unknown> => {
      const own = Object.entries(state).filter((entry) => !isShared(entry));
      return { ...Object.fromEntries(own), ...states.get(owner) };
    };
    return {
      createSession: async (request) => {
        const session = await inner.createSession(request);
        share(name(session), request.state);
        return { ...session, state: seen(session.state, name(session)) };
      },
      appendEvent: async (request) => {
        const stored = await inner.appendEvent(request);
        share(name(request.session as SessionKey), stored.actions.stateDelta);
        return stored;
      },
      getSession: async (request) => {
        const session = await inner.getSession(request);
        return session && { ...session, state: seen(session.state, name(request)) };
      },
      listSessions: async (request) => {
        const { sessions, ...rest } = await inner.listSessions(request);
        const shown = sessions.map((each) => ({ ...each, state: seen(each.state, name(each)) }));
        return { ...rest, sessions: shown };
      },
    };
  });
}

const ofUsersWithoutCase = broken("lists the sessions of users without case", (inner) => ({
  listSessions: async ({ userId, ...request }) => {
    const page = await inner.listSessions({ ...request, userId });
    const { sessions } = await inner.listSessions({ ...request, cursor: undefined, limit: 1000 });
    const isAlike = (user: string): boolean => user !== userId && lower(user) === lower(userId ?? user);
    return { ...page, sessions: [...page.sessions, ...sessions.filter((each) => isAlike(each.userId))] };
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
  "names-fields": storing("trims authors", (event) =>
    typeof event.author === "string" ? { ...event, author: event.author.trim() } : event,
  ),
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
    ...storing("takes invocations for numbers", (event) => {
      const number = Number(event.invocationId);
      return number > 0 ? { ...event, invocationId: String(number) } : event;
    }),
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
