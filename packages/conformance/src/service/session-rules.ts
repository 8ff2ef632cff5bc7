import { equal, holds, rejects } from "../asserts/asserts.ts";
import { appendAll, fullOf, idsIn, idsOf, KEY, logOf, textOf } from "../kit/reading.ts";
import { agent, lines, turns, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";

/** How sessions begin, are listed and end. */
export const SESSION_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("sessions", {
  "session-created": {
    title: "a new session has its key, its state and no events, and is found; one that is not there is null",
    why: "A read of what does not exist is an everyday question, not an error.",
    async check(kit) {
      const service = await kit.service();
      equal(await service.getSession(KEY), null, "A session that is not there");
      const made = await service.createSession({ ...KEY, state: { mood: "fine" } });
      for (const session of [made, await fullOf(service)]) {
        const { appName, userId, sessionId, id, state, events } = session;
        equal({ appName, userId, sessionId }, KEY, "The session's key");
        equal([id, state, events], [KEY.sessionId, { mood: "fine" }, []], "Its id, state and events");
      }
    },
  },
  "session-exists": {
    title: "a key that is taken is refused, and the session under it stays as it is",
    why: "Two requests open the same conversation; the second must not empty it.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession({ ...KEY, state: { kept: 1 } });
      await appendAll(service, lines(2));
      const again = { ...KEY, state: { kept: 2, "app:x": 1, "user:x": 1 } };
      await rejects("session-exists", "A second session of one key", () => service.createSession(again));
      equal(await idsOf(service), idsIn(lines(2)), "The log of the first one");
      equal((await fullOf(service)).state, { kept: 1 }, "Its state");
    },
  },
  "session-missing": {
    title: "an append to a session that is not there is refused and makes none; deleting it is fine",
    why: "A session that an append brings to life has no owner and no state.",
    async check(kit) {
      const service = await kit.service();
      await rejects("session-not-found", "An append without a session", () =>
        service.appendEvent({ session: KEY, event: user("hi", { actions: { stateDelta: { "app:x": 1 } } }) }),
      );
      await service.deleteSession(KEY);
      equal(await service.getSession(KEY), null, "The session that nobody made");
      equal((await service.createSession(KEY)).state, {}, "The state after a refused append");
    },
  },
  "session-deleted": {
    title: "a deleted session is gone from reads and lists, and takes no more events",
    why: "Deleted means deleted: somebody promised it to a user.",
    async check(kit) {
      const service = await kit.service();
      const session = await service.createSession(KEY);
      await appendAll(service, turns(2));
      await service.deleteSession(KEY);
      equal(await service.getSession({ ...KEY, view: "full" }), null, "The deleted session");
      equal((await service.listSessions({ appName: KEY.appName })).sessions, [], "The sessions there are");
      await rejects("session-not-found", "An append to a deleted session", () =>
        service.appendEvent({ session, event: user("late") }),
      );
    },
  },
  "session-anew": {
    title: "a session made under the key of a deleted one starts anew and may use its event ids",
    why: "Rows that outlive their session come back in the next one.",
    async check(kit) {
      const service = await kit.service();
      const first = await service.createSession({ ...KEY, state: { old: 1 } });
      await appendAll(service, turns(2));
      await service.deleteSession(KEY);
      const second = await service.createSession(KEY);
      equal([second.events, second.state], [[], {}], "Events and state of the new session");
      await appendAll(service, [agent("new words", { id: "a0" })]);
      equal((await logOf(service)).map(textOf), ["new words"], "The log of the new session");
      holds(
        first.incarnation === undefined || first.incarnation !== (await fullOf(service)).incarnation,
        "Expected the new session to tell another `incarnation` than the deleted one",
      );
    },
  },
  "session-updated": {
    title: "the time of the last update is told in milliseconds and never goes back",
    why: "Lists are sorted and sessions expire by it.",
    async check(kit) {
      const service = await kit.service();
      let { lastUpdateTime: before } = await service.createSession(KEY);
      for (const event of lines(3)) {
        await appendAll(service, [event]);
        const { lastUpdateTime } = await fullOf(service);
        holds(Number.isFinite(lastUpdateTime), "Expected `lastUpdateTime` to be a number");
        holds(lastUpdateTime >= before, "Expected `lastUpdateTime` not to go back");
        before = lastUpdateTime;
      }
    },
  },
  "list-scope": {
    title: "a list has the sessions of the app, or of one user of it, and no others",
    why: "A list is the easiest way to see what belongs to somebody else.",
    async check(kit) {
      const service = await kit.service();
      for (const appName of ["app", "app2"])
        for (const userId of ["user", "user2"])
          for (const sessionId of ["s1", "s2"]) await service.createSession({ appName, userId, sessionId });
      const listed = async (userId?: string): Promise<readonly string[]> =>
        (await service.listSessions({ appName: "app", userId })).sessions
          .map((session) => [session.appName, session.userId, session.sessionId].join(" "))
          .toSorted();
      const ofUser = ["app user s1", "app user s2"];
      equal(await listed("user"), ofUser, "The sessions of one user");
      equal(await listed(), [...ofUser, "app user2 s1", "app user2 s2"], "The sessions of all users");
      equal(await listed("nobody"), [], "The sessions of nobody");
    },
  },
  "list-light": {
    title: "a list carries no events, but key, state and time",
    why: "A list of a thousand sessions must not read a million events.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession({ ...KEY, state: { mood: "fine", "app:theme": "dark" } });
      await appendAll(service, turns(2));
      const [listed] = (await service.listSessions({ appName: KEY.appName, userId: KEY.userId })).sessions;
      const { state, lastUpdateTime } = await fullOf(service);
      equal(listed?.events, [], "The events of a listed session");
      equal([listed?.id, listed?.sessionId], [KEY.sessionId, KEY.sessionId], "Its id");
      equal([listed?.state, listed?.lastUpdateTime], [state, lastUpdateTime], "Its state and time");
    },
  },
  "list-pages": {
    title: "page by page each session comes once, no page is too long, and the last tells no cursor",
    why: "A session that falls between two pages is lost to whoever exports, expires or counts.",
    async check(kit) {
      const service = await kit.service();
      const ids = Array.from({ length: 7 }, (_, at) => `s${at}`);
      for (const sessionId of ids) await service.createSession({ ...KEY, sessionId });
      await service.createSession({ ...KEY, userId: "other" });
      for (const limit of [1, 3, 7, 100]) {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await service.listSessions({ ...KEY, limit, cursor });
          holds(page.sessions.length <= limit, `Expected at most ${limit} sessions on a page`);
          seen.push(...page.sessions.map(({ sessionId }) => sessionId));
          cursor = page.nextCursor;
          holds(seen.length <= ids.length, "Expected no session to come twice, page by page");
        } while (cursor !== undefined);
        equal(seen.toSorted(), ids, `The sessions of all pages of ${limit}`);
      }
      await rejects("configuration", "A limit of 0", () => service.listSessions({ ...KEY, limit: 0 }));
    },
  },
});
