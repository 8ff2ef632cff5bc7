import type { SessionService } from "@sessionfold/core";
import { equal, holds } from "../asserts/asserts.ts";
import { appendAll, fullOf, KEY } from "../kit/reading.ts";
import { START, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";

/** More than a page that nobody gave a length. */
const MANY = 130;

/** What lists are when there is more than one page of them. */
export const LIST_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("lists", {
  "list-whole": {
    title:
      "a list of more sessions than fit on a page tells a cursor, and all come, also with no limit given",
    why: "A list that ends at its hundredth session ends without a word.",
    async check(kit) {
      const service = await kit.service();
      const ids = names("s", MANY);
      await Promise.all(ids.map((sessionId) => service.createSession({ ...KEY, sessionId })));
      for (const limit of [undefined, 100, 64, MANY, MANY + 1, 10_000])
        equal(
          (await allOf(service, limit)).toSorted(),
          ids.toSorted(),
          `All pages of ${limit ?? "no length given"}`,
        );
      const { appName } = KEY;
      const first = await service.listSessions({ appName });
      const isWhole = first.sessions.length === MANY || first.nextCursor !== undefined;
      holds(isWhole, "Expected a page that is not the last to tell a cursor");
    },
  },
  "list-changing": {
    title: "what is deleted, made or appended between two pages makes no session be skipped or come twice",
    why: "Whoever deletes what a list tells, page by page, would leave every other page.",
    async check(kit) {
      for (const change of CHANGES) {
        const service = await kit.service();
        const ids = names("s", 12);
        for (const sessionId of ids) await service.createSession({ ...KEY, sessionId });
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await service.listSessions({ ...KEY, limit: 3, cursor });
          const told = page.sessions.map(({ sessionId }) => sessionId);
          seen.push(...told);
          cursor = page.nextCursor;
          holds(seen.length <= 40, "Expected the pages to come to an end");
          if (cursor !== undefined)
            await change(
              service,
              told,
              ids.filter((id) => !seen.includes(id)),
            );
        } while (cursor !== undefined);
        const old = seen.filter((id) => ids.includes(id));
        equal(
          old.toSorted(),
          ids.toSorted(),
          "The sessions that were there from first to last, and were told",
        );
        equal(new Set(seen).size, seen.length, "The number of different sessions that were told");
      }
    },
  },
  "list-foreign": {
    title:
      "a cursor of one list tells nothing of it to another list: that of another app, or of another user",
    why: "Cursors travel through clients, who may send them with a request of their own.",
    async check(kit) {
      const service = await kit.service();
      const owners = [KEY, { ...KEY, userId: "other" }, { ...KEY, appName: "other" }];
      for (const owner of owners)
        for (const sessionId of names("s", 5)) await service.createSession({ ...owner, sessionId });
      for (const { appName, userId } of owners) {
        const { nextCursor } = await service.listSessions({ appName, userId, limit: 2 });
        for (const other of owners) {
          const page = await service
            .listSessions({ appName: other.appName, userId: other.userId, cursor: nextCursor })
            // Refused is fine as well.
            .catch(() => ({ sessions: [] }));
          const foreign = page.sessions.filter(
            (each) => each.appName !== other.appName || each.userId !== other.userId,
          );
          equal(foreign.length, 0, "The number of other people's sessions behind a cursor of theirs");
        }
      }
    },
  },
  "list-own": {
    title: "each session of a list has its own key, state and time",
    why: "A join that loses its condition shows each user the state of another one.",
    async check(kit) {
      const service = await kit.service();
      const keys = ["u1", "u2"].flatMap((userId) =>
        ["s1", "s2"].map((sessionId) => ({ ...KEY, userId, sessionId })),
      );
      for (const [at, key] of keys.entries()) {
        await service.createSession({ ...key, state: { made: at } });
        const stateDelta = { said: at, [`user:${key.sessionId}`]: at, [`app:${at}`]: at };
        await appendAll(service, [user("hi", { timestamp: START - at, actions: { stateDelta } })], key);
      }
      for (const userId of [undefined, "u1", "u2"]) {
        const { sessions } = await service.listSessions({ appName: KEY.appName, userId });
        equal(sessions.length, userId === undefined ? 4 : 2, "The number of sessions");
        for (const listed of sessions) {
          const { events: _, ...session } = await fullOf(service, listed);
          const { events: __, ...told } = listed;
          equal(told, { ...session, incarnation: told.incarnation }, "A session of the list");
          equal(
            [undefined, session.incarnation].includes(told.incarnation),
            true,
            "Whether a listed incarnation is the session's",
          );
        }
      }
    },
  },
});

/** What happens between two pages: to sessions that were told, and to others. */
const CHANGES: readonly ((
  service: SessionService,
  told: readonly string[],
  others: readonly string[],
) => Promise<void>)[] = [
  async (service, told) => {
    for (const sessionId of told) await service.deleteSession({ ...KEY, sessionId });
  },
  async (service, told) => {
    await service.deleteSession({ ...KEY, sessionId: told.at(-1) ?? "" });
  },
  async (service, told) => {
    // Of those that were there from the first, or it would never end.
    for (const id of told.filter((each) => each.startsWith("s")))
      for (const by of ["!", "~"]) await service.createSession({ ...KEY, sessionId: by + id });
  },
  async (service, told, others) => {
    for (const sessionId of [...others.slice(-2), told[0] ?? ""])
      await appendAll(service, [user("on")], { ...KEY, sessionId });
  },
];

function names(of: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${of}${(at * 37) % count}`);
}

/** The ids of all sessions of the app, page by page. */
async function allOf(service: SessionService, limit: number | undefined): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await service.listSessions({ appName: KEY.appName, limit, cursor });
    holds(page.sessions.length <= (limit ?? MANY), `Expected at most ${limit} sessions on a page`);
    ids.push(...page.sessions.map(({ sessionId }) => sessionId));
    cursor = page.nextCursor;
    holds(ids.length <= MANY, "Expected no session to come twice, page by page");
  } while (cursor !== undefined);
  return ids;
}
