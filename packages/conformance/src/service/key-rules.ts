import type { SessionEvent, SessionKey, SessionService } from "@sessionfold/core";
import { isSessionfoldError } from "@sessionfold/core";
import { equal, errorOf, holds, rejects } from "../asserts/asserts.ts";
import { ConformanceFailure } from "../conformance-failure.ts";
import { appendAll, fullOf, KEY, logOf, textOf } from "../kit/reading.ts";
import { lines, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { ALIKE, HOSTILE_NAMES, SEPARATORS, UNSTORABLE } from "./hostile-names.ts";

const FIELDS = ["appName", "userId", "sessionId"] as const;

/** What keeps one session from another. */
export const KEY_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("keys", {
  "keys-apart": {
    title: "sessions that differ in app, user or id share nothing, whatever is appended or deleted",
    why: "Another user's conversation is the worst thing that a session can show.",
    async check(kit) {
      const service = await kit.service();
      const others = FIELDS.map((field) => ({ ...KEY, [field]: "other" }));
      await staysApart(service, [KEY, ...others]);
      await service.deleteSession(KEY);
      for (const key of others)
        equal(await textsOf(service, key), [nameOf(key)], "A session beside a deleted one");
    },
  },
  "keys-hostile": {
    title: "paths, patterns, statements and names of prototypes are keys like any other",
    why: "Ids come from outside; one that is read as a pattern or a path opens other people's sessions.",
    async check(kit) {
      const service = await kit.service();
      const keys = FIELDS.flatMap((field) => HOSTILE_NAMES.map((name) => ({ ...KEY, [field]: name })));
      await staysApart(service, keys);
      for (const name of HOSTILE_NAMES) {
        const { sessions } = await service.listSessions({ appName: name });
        equal(
          sessions.map(({ appName }) => appName),
          [name],
          "The apps of the sessions listed for one app",
        );
      }
    },
  },
  "keys-joined": {
    title: "keys that are equal when their parts are joined are different keys",
    why: 'Joined by a slash, the user "b/c" of the app "a" is the user "c" of the app "a/b".',
    async check(kit) {
      const keys = SEPARATORS.flatMap((by) => [
        { appName: `a${by}b`, userId: "c", sessionId: "d" },
        { appName: "a", userId: `b${by}c`, sessionId: "d" },
        { appName: "a", userId: "b", sessionId: `c${by}d` },
      ]);
      await staysApart(await kit.service(), keys);
    },
  },
  "keys-exact": {
    title: "keys that look alike are different: case, spaces around, composed letters, numbers",
    why: "Collations that compare as people do hand one user the session of another.",
    async check(kit) {
      const keys = FIELDS.flatMap((field) => ALIKE.map((name) => ({ ...KEY, [field]: name })));
      await staysApart(await kit.service(), keys);
    },
  },
  "keys-unstorable": {
    title: "keys with NUL or half a surrogate pair are kept apart, or refused as a configuration error",
    why: "An encoding that replaces what it cannot write makes one key of two.",
    async check(kit) {
      const service = await kit.service();
      const taken: SessionKey[] = [];
      for (const key of FIELDS.flatMap((field) => UNSTORABLE.map((name) => ({ ...KEY, [field]: name })))) {
        const error = await errorOf(() => service.createSession(key));
        if (error === undefined) taken.push(key);
        else {
          const refused = isSessionfoldError(error.value) && error.value.code === "configuration";
          holds(refused, "Expected a key that cannot be stored to be refused as a configuration error");
        }
      }
      for (const key of taken) await appendAll(service, [user(nameOf(key), { id: "e0" })], key);
      for (const key of taken) equal(await textsOf(service, key), [nameOf(key)], "A session of an odd key");
    },
  },
  "keys-checked": {
    title: "a key with a part that is missing, empty or no string is refused by every call",
    why: "An undefined user id that counts as one makes a single user of all who have none.",
    async check(kit) {
      const service = await kit.service();
      for (const field of FIELDS) {
        for (const value of ["", undefined, null, 7]) {
          const key = { ...KEY, [field]: value } as unknown as SessionKey;
          const what = `A key whose ${field} is ${JSON.stringify(value) ?? "undefined"}`;
          // Without a session id, one is made.
          if (field !== "sessionId" || value === "" || value === 7)
            await rejects("configuration", what, () => service.createSession(key));
          await rejects("configuration", what, () => service.getSession(key));
          await rejects("configuration", what, () => service.deleteSession(key));
          await rejects("configuration", what, () =>
            service.appendEvent({ session: key, event: user("lost") }),
          );
        }
      }
      equal((await service.listSessions({ appName: KEY.appName })).sessions, [], "The sessions there are");
    },
  },
  "keys-by-id": {
    title:
      "an append takes a session of an agent kit that calls its id `id`, and puts the event there as well",
    why: "Agent kits hand over the session that they hold, with the names that they have for it.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const { appName, userId, sessionId: id } = KEY;
      const held = { appName, userId, id, events: [] as SessionEvent[] };
      for (const event of lines(2)) await service.appendEvent({ session: held, event });
      equal(await textsOf(service, KEY), ["line number 0", "line number 1"], "The session of that id");
      equal(
        held.events.map((event) => event.id),
        ["e0", "e1"],
        "The events that the caller holds",
      );
    },
  },
  "keys-event-ids": {
    title: "one event id in two sessions is two events",
    why: "Ids are made by callers; unique across all sessions, one session's event would hide another's.",
    async check(kit) {
      const service = await kit.service();
      const other = { ...KEY, sessionId: "other" };
      for (const key of [KEY, other]) await service.createSession(key);
      await appendAll(service, lines(3));
      await appendAll(service, [user("of the other", { id: "e1" })], other);
      equal(
        await textsOf(service, KEY),
        lines(3).map((_, at) => `line number ${at}`),
        "The one session",
      );
      equal(await textsOf(service, other), ["of the other"], "The other session");
    },
  },
  "keys-made": {
    title: "sessions created without an id get one each, and are found by it",
    why: "A made id that repeats joins two conversations.",
    async check(kit) {
      const service = await kit.service();
      const { appName, userId } = KEY;
      const made = await Promise.all(
        Array.from({ length: 20 }, () => service.createSession({ appName, userId })),
      );
      equal(new Set(made.map(({ sessionId }) => sessionId)).size, 20, "The number of different ids");
      for (const { id, sessionId } of made) {
        equal(id, sessionId, "The id of a session, by its other name");
        equal((await fullOf(service, { ...KEY, sessionId })).sessionId, sessionId, "The session found by it");
      }
    },
  },
});

/** Makes a session for each key, tells each its own name and expects each to know that alone. */
async function staysApart(service: SessionService, keys: readonly SessionKey[]): Promise<void> {
  for (const key of keys) {
    const error = await errorOf(async () => {
      const { appName, userId, sessionId } = await service.createSession(key);
      equal({ appName, userId, sessionId }, key, "The key of a created session");
    });
    if (error !== undefined)
      throw new ConformanceFailure(`Expected a session of the key ${nameOf(key)}`, { cause: error.value });
  }
  for (const key of keys) await appendAll(service, [user(nameOf(key), { id: "e0" })], key);
  for (const key of keys) equal(await textsOf(service, key), [nameOf(key)], `The session of ${nameOf(key)}`);
}

async function textsOf(service: SessionService, key: SessionKey): Promise<readonly string[]> {
  return (await logOf(service, key)).map(textOf);
}

function nameOf({ appName, userId, sessionId }: SessionKey): string {
  return JSON.stringify([appName, userId, sessionId]);
}
