import { isConversationEvent, type SessionKey, type SessionService } from "@sessionfold/core";
import { equal, errorOf, holds, rejects } from "../asserts/asserts.ts";
import { appendAll, asJson, fullOf, idsIn, idsOf, KEY, logOf, textOf } from "../kit/reading.ts";
import { agent, lines, turns, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";

const YEAR_MS = 31_536_000_000;

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
  "session-updated-clock": {
    title:
      "the time of the last update is when the event was appended, in milliseconds, whatever time the event tells",
    why: "An import of old events would make a session that is in use look as if nobody had used it for years.",
    async check(kit) {
      const service = await kit.service();
      const { lastUpdateTime: made } = await service.createSession(KEY);
      // What the service takes for now, by the clock it goes by.
      const { timestamp: now } = await service.appendEvent({ session: { ...KEY }, event: user("now") });
      let before = made;
      for (const timestamp of [now + 10 * YEAR_MS, now - 10 * YEAR_MS, 0]) {
        await appendAll(service, [user("then", { timestamp })]);
        const { lastUpdateTime } = await fullOf(service);
        holds(lastUpdateTime >= before, "Expected `lastUpdateTime` not to go back with an event's time");
        const isNow = Math.abs(lastUpdateTime - now) < YEAR_MS;
        holds(isNow, "Expected `lastUpdateTime` to be about the time that events without one get");
        before = lastUpdateTime;
      }
    },
  },
  "session-made-at-once": {
    title: "of many calls at once that make a session of one key, one does and the others are refused",
    why: "Both requests of a double click would begin the conversation anew.",
    async check(kit) {
      const one = await kit.service();
      const services = [one, await kit.another(one)];
      const calls = Array.from({ length: 12 }, (_, at) => {
        const service = services[at % 2] ?? one;
        return errorOf(() => service.createSession({ ...KEY, state: { made: at, "user:made": at } }));
      });
      const errors = await Promise.all(calls);
      const winners = errors.flatMap((error, at) => (error === undefined ? [at] : []));
      equal(winners.length, 1, "The number of calls that made the session");
      for (const error of errors.filter((each) => each !== undefined))
        await rejects("session-exists", "A call that came second", () => Promise.reject(error.value));
      const state = { made: winners[0], "user:made": winners[0] };
      for (const service of services)
        equal((await fullOf(service)).state, state, "The state of who was first");
    },
  },
  "session-made-whole": {
    title: "a session whose first state cannot be written is made whole or not at all",
    why: "A session that is there without its state, or state without its session, is one that nobody asked for.",
    async check(kit) {
      const service = await kit.service();
      const circular: Record<string, unknown> = {};
      circular.self = circular;
      for (const [at, odd] of [10n, circular].entries()) {
        const sessionId = `s${at}`;
        const state = { [`app:${at}`]: at, [`user:${at}`]: at, own: at, odd };
        const error = await errorOf(() => service.createSession({ ...KEY, sessionId, state }));
        const isMade = error === undefined;
        equal(
          (await service.getSession({ ...KEY, sessionId })) !== null,
          isMade,
          "Whether there is the session",
        );
        const other = await service.createSession({ ...KEY, sessionId: `other ${at}` });
        const shared = [other.state[`app:${at}`], other.state[`user:${at}`]];
        equal(shared, isMade ? [at, at] : [undefined, undefined], "The state that other sessions share");
      }
    },
  },
  "session-deleted-at-once": {
    title:
      "an append that meets a deletion is stored before it or refused; nothing of it is in the next session",
    why: "An event that is written to a key, not to a session, is found in the next user's conversation.",
    async check(kit) {
      const one = await kit.service();
      const two = await kit.another(one);
      for (let round = 0; round < 5; round++) {
        await one.createSession(KEY);
        await appendAll(one, lines(2));
        const appends = lines(8, 10).map((event, at) => {
          const stateDelta = { late: at };
          const late = { ...event, actions: { stateDelta } };
          return errorOf(() => (at % 2 === 0 ? one : two).appendEvent({ session: { ...KEY }, event: late }));
        });
        const deletion = one.deleteSession(KEY);
        for (const error of await Promise.all(appends))
          if (error !== undefined)
            await rejects("session-not-found", "An append beside a deletion", () =>
              Promise.reject(error.value),
            );
        await deletion;
        equal(await two.getSession(KEY), null, "The session after its deletion");
        const anew = await two.createSession(KEY);
        equal([anew.events, anew.state], [[], {}], "Events and state of the next one");
        await appendAll(two, lines(8, 10));
        for (const service of [one, two]) {
          equal(await idsOf(service), idsIn(lines(8, 10)), "The log of the next one");
          equal((await fullOf(service)).state, {}, "Its state");
        }
        await two.deleteSession(KEY);
      }
    },
  },
  "session-elsewhere": {
    title:
      "what one service makes, appends, changes and deletes, another over the same storage tells at once",
    why: "Behind a balancer each request meets another process; a cache that nobody empties answers for yesterday.",
    needs: ["reopen"],
    async check(kit) {
      const one = await kit.service();
      const two = await kit.reopen(one);
      const sibling = { ...KEY, sessionId: "sibling" };
      const agree = async (what: string): Promise<void> => {
        for (const key of [KEY, sibling])
          equal(
            await seenBy(two, key),
            await seenBy(one, key),
            `The session, as the other service tells it, ${what}`,
          );
        const told = async (service: SessionService): Promise<readonly unknown[]> =>
          (await service.listSessions({ appName: KEY.appName })).sessions.map(({ sessionId, state }) => [
            sessionId,
            state,
          ]);
        equal((await told(two)).toSorted(), (await told(one)).toSorted(), `The list, ${what}`);
      };
      await agree("before there is one");
      await one.createSession({ ...KEY, state: { "app:a": 1, "user:u": 1 } });
      await agree("when it is made");
      await two.createSession(sibling);
      await agree("when the other one makes one");
      for (const [at, service] of [one, two, one, two].entries()) {
        const stateDelta = { at, [`only${at}`]: at, "app:a": at, "user:u": at };
        await appendAll(
          service,
          [user(`line ${at}`, { id: `e${at}`, actions: { stateDelta } })],
          at > 1 ? sibling : KEY,
        );
        await agree(`after append ${at}`);
      }
      equal((await fullOf(two)).state, { at: 1, only0: 0, only1: 1, "app:a": 3, "user:u": 3 }, "The state");
      await two.deleteSession(KEY);
      await agree("when the other one deletes it");
      equal(await one.getSession(KEY), null, "The session that the other one deleted");
      await one.createSession(KEY);
      await agree("when it is made anew");
      await appendAll(two, lines(2));
      await agree("after an append to the new one");
      equal(await idsOf(one), ["e0", "e1"], "The log of the new one");
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

/** A session without what a folding service may write to it meanwhile. */
async function seenBy(service: SessionService, key: SessionKey): Promise<unknown> {
  const session = await service.getSession({ ...key, view: "full" });
  if (session === null) return null;
  const { state, incarnation } = session;
  return { state, incarnation, events: session.events.filter(isConversationEvent).map(asJson) };
}
