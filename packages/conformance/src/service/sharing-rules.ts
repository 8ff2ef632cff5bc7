import type { SessionService } from "@sessionfold/core";
import { equal, errorOf, holds } from "../asserts/asserts.ts";
import { appendAll, fullOf, idsOf, KEY } from "../kit/reading.ts";
import { user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";

const AT_ONCE = 24;
const SIBLING = { ...KEY, sessionId: "sibling" };

/** What several services over one storage, and several sessions of one user, share. */
export const SHARING_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("sharing", {
  "share-changes": {
    title: "changes of different keys that two services over one storage make at once are all there",
    why: "A service that writes back the whole state it has read loses what another process has set.",
    needs: ["reopen"],
    async check(kit) {
      const one = await kit.service();
      for (const key of [KEY, SIBLING]) await one.createSession(key);
      const services = [one, await kit.reopen(one)];
      const deltas = Array.from({ length: AT_ONCE }, (_, at) => ({
        [`k${at}`]: at,
        [`app:${at}`]: at,
        [`user:${at}`]: at,
      }));
      // Each service at both sessions.
      const change = (at: number) =>
        appendAll(services[at % 2] ?? one, [changeOf(deltas[at] ?? {}, at)], keyAt(at));
      await Promise.all(deltas.map((_, at) => change(at)));
      for (const service of services) {
        for (const [half, key] of [KEY, SIBLING].entries()) {
          const expected = deltas.map((delta, at) =>
            keyAt(at) === key ? delta : { [`app:${at}`]: at, [`user:${at}`]: at },
          );
          const { state } = await fullOf(service, key);
          equal(state, Object.assign({}, ...expected), `The state of session ${half}`);
        }
      }
    },
  },
  "share-crossed": {
    title: "changes of the same shared keys at once, in any order of the keys, all succeed, each whole",
    why: "Two appends that lock the same rows in another order end in a deadlock, and one user's turn with it.",
    async check(kit) {
      const one = await kit.service();
      for (const key of [KEY, SIBLING]) await one.createSession(key);
      const services = [one, await kit.another(one)];
      const names = ["app:x", "user:x", "app:y", "user:y"];
      const append = (at: number): Promise<unknown> => {
        const ordered = at % 2 === 0 ? names : names.toReversed();
        const delta = Object.fromEntries(ordered.map((name) => [name, at]));
        return appendAll(services[at % 4 > 1 ? 1 : 0] ?? one, [changeOf(delta, at)], keyAt(at));
      };
      const error = await errorOf(() => Promise.all(Array.from({ length: AT_ONCE }, (_, at) => append(at))));
      holds(error === undefined, "Expected appends that change the same keys at once to succeed");
      for (const service of services) {
        const { state } = await fullOf(service);
        equal(
          names.map((name) => state[name]),
          names.map(() => state["app:x"]),
          "The values that one append has set",
        );
        const stored = [...(await idsOf(service)), ...(await idsOf(service, SIBLING))];
        equal(new Set(stored).size, AT_ONCE, "The number of events that are stored");
      }
    },
  },
  "share-pages": {
    title: "a cursor that one service has told goes on at another service over the same storage",
    why: "The next page of a list is the next request, which another process answers.",
    needs: ["reopen"],
    async check(kit) {
      const one = await kit.service();
      const ids = Array.from({ length: 9 }, (_, at) => `s${at}`);
      for (const sessionId of ids) await one.createSession({ ...KEY, sessionId });
      const services: readonly SessionService[] = [one, await kit.reopen(one)];
      const seen: string[] = [];
      let cursor: string | undefined;
      for (let page = 0; page === 0 || cursor !== undefined; page++) {
        const { sessions, nextCursor } = await (services[page % 2] ?? one).listSessions({
          ...KEY,
          limit: 2,
          cursor,
        });
        seen.push(...sessions.map(({ sessionId }) => sessionId));
        cursor = nextCursor;
        holds(seen.length <= ids.length, "Expected no session to come twice, page by page");
      }
      equal(seen.toSorted(), ids, "The sessions of all pages, told by both services in turn");
    },
  },
});

/** Pairs of appends to the same of both sessions, so that each service writes to each. */
function keyAt(at: number): typeof KEY {
  return at % 4 === 0 || at % 4 === 3 ? KEY : SIBLING;
}

function changeOf(stateDelta: Readonly<Record<string, unknown>>, at: number) {
  return user("a change", { id: `e${at}`, actions: { stateDelta } });
}
