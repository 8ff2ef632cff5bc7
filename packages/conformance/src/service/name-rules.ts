import { isSessionfoldError, type SessionKey, type SessionService } from "@sessionfold/core";
import { equal, errorOf, holds } from "../asserts/asserts.ts";
import { appendAll, fullOf, idsOf, KEY, logOf, textOf } from "../kit/reading.ts";
import { START, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { ALIKE, HOSTILE_NAMES, SEPARATORS, UNSTORABLE } from "./hostile-names.ts";

const NAMES = [...HOSTILE_NAMES, ...ALIKE];

/** What is told apart by its name besides sessions. */
export const NAME_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("names", {
  "names-listed": {
    title: "a list, or a deletion, by a name that looks like another one reaches exactly that one",
    why: "A column that compares as people do is found at the reads and forgotten at the deletions.",
    async check(kit) {
      const service = await kit.service();
      for (const name of ALIKE)
        for (const field of ["appName", "userId", "sessionId"] as const)
          await service.createSession({ ...KEY, [field]: name });
      for (const name of ALIKE) {
        equal(
          await listed(service, { appName: name }),
          [[name, KEY.userId, KEY.sessionId]],
          "The list of an app",
        );
        const ofUser = await listed(service, { appName: KEY.appName, userId: name });
        equal(ofUser, [[KEY.appName, name, KEY.sessionId]], "The list of a user");
      }
      const [gone, kept] = [0, 1].map((half) => ALIKE.filter((_, at) => at % 2 === half)) as [
        string[],
        string[],
      ];
      for (const sessionId of gone) await service.deleteSession({ ...KEY, sessionId });
      for (const sessionId of gone)
        equal(
          await service.getSession({ ...KEY, sessionId }),
          null,
          "A session that was deleted by its name",
        );
      for (const sessionId of kept)
        equal((await fullOf(service, { ...KEY, sessionId })).sessionId, sessionId, "A session beside them");
    },
  },
  "names-events": {
    title:
      "event ids that look alike are different events: case, spaces around, composed letters, numbers, length",
    why: "An id that is taken for another one is an append that is taken for a retry, and the event is lost.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      await appendAll(
        service,
        NAMES.map((id) => user(`of ${id}`, { id })),
      );
      equal(await idsOf(service), NAMES, "The ids in the log");
      for (const id of NAMES) {
        const answer = await service.appendEvent({ session: { ...KEY }, event: user("again", { id }) });
        equal([answer.id, textOf(answer)], [id, `of ${id}`], "The answer to an append of a stored id");
      }
      equal(
        (await logOf(service)).map(textOf),
        NAMES.map((id) => `of ${id}`),
        "The texts of the log",
      );
    },
  },
  "names-events-unstorable": {
    title: "event ids with NUL or half a surrogate pair are kept apart, or refused as invalid events",
    why: "An encoding that replaces what it cannot write makes one event of two.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const taken: string[] = [];
      for (const id of UNSTORABLE) {
        const error = await errorOf(() => appendAll(service, [user(`of ${taken.length}`, { id })]));
        if (error === undefined) taken.push(id);
        else {
          const isRefused = isSessionfoldError(error.value) && error.value.code === "invalid-event";
          holds(isRefused, "Expected an id that cannot be stored to be refused as an invalid event");
        }
      }
      equal(await idsOf(service), taken, "The ids in the log");
      equal(
        (await logOf(service)).map(textOf),
        taken.map((_, at) => `of ${at}`),
        "The texts of the log",
      );
    },
  },
  "names-fields": {
    title: "authors, invocations and branches are texts that come back letter by letter",
    why: "A scope is an author's exact name; one that is trimmed, or became a number, covers nothing.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const fields = (name: string) => ({ author: name, invocationId: name, branch: name });
      await appendAll(
        service,
        NAMES.map((name, at) => ({ id: `e${at}`, timestamp: START, ...fields(name), message: "said" })),
      );
      equal(
        (await logOf(service)).map(({ author, invocationId, branch }) => ({ author, invocationId, branch })),
        NAMES.map(fields),
        "The names that events carry",
      );
    },
  },
  "names-state": {
    title: "keys of state that look alike are different keys, and only the exact prefixes are scopes",
    why: "One key that takes the place of another is a setting that nobody changed.",
    async check(kit) {
      const service = await kit.service();
      const sibling = { ...KEY, sessionId: "sibling" };
      for (const key of [KEY, sibling]) await service.createSession(key);
      const scopeless = [
        "App:x",
        "APP:x",
        " app:x",
        "app",
        "User:x",
        "USER:x",
        " user:x",
        "Temp:x",
        " temp:x",
        "",
      ];
      const own = [...NAMES.filter((name) => !name.startsWith("app:")), ...scopeless];
      const shared = NAMES.flatMap((name) => [`app:${name}`, `user:${name}`]);
      const stateOf = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, `of ${key}`]));
      const stateDelta = stateOf([...own, ...shared]);
      await appendAll(service, [user("all of it", { id: "e1", actions: { stateDelta } })]);
      equal((await fullOf(service)).state, stateDelta, "The state");
      equal(
        (await fullOf(service, sibling)).state,
        stateOf(shared),
        "The state of another session of the user",
      );
      equal((await logOf(service)).at(0)?.actions.stateDelta, stateDelta, "The change in the stored event");
    },
  },
  "names-state-owners": {
    title: "the state of apps and users whose names look alike, or are equal when joined, is their own",
    why: "A profile that two users share tells each of them about the other.",
    async check(kit) {
      const service = await kit.service();
      const joined = SEPARATORS.flatMap((by) => [
        { ...KEY, appName: `a${by}b`, userId: "c" },
        { ...KEY, appName: "a", userId: `b${by}c` },
      ]);
      const keys = [
        ...NAMES.map((appName) => ({ ...KEY, appName })),
        ...NAMES.map((userId) => ({ ...KEY, appName: "one app", userId })),
        ...joined.filter(({ appName }) => appName !== "a"),
        ...joined.filter(({ appName }) => appName === "a"),
      ];
      for (const key of keys) await service.createSession(key);
      for (const [at, key] of keys.entries()) {
        const stateDelta = { "user:owner": at, [`app:${key.userId}`]: at };
        await appendAll(service, [user("mine", { id: "e1", actions: { stateDelta } })], key);
      }
      for (const [at, key] of keys.entries()) {
        const { state } = await fullOf(service, key);
        equal(state["user:owner"], at, "The state of a user");
        const others = keys.filter(({ appName }) => appName === key.appName);
        const ofApp = Object.fromEntries(others.map((each) => [`app:${each.userId}`, keys.indexOf(each)]));
        equal(state, { "user:owner": at, ...ofApp }, "The state of an app and a user of it");
      }
    },
  },
});

/** The keys of all sessions of a list, in no order. */
async function listed(
  service: SessionService,
  request: Partial<SessionKey> & Pick<SessionKey, "appName">,
): Promise<readonly (readonly string[])[]> {
  const { sessions } = await service.listSessions(request);
  return sessions.map(({ appName, userId, sessionId }) => [appName, userId, sessionId]);
}
