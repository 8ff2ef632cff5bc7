import type { SessionKey, SessionService } from "@sessionfold/core";
import { isConversationEvent } from "@sessionfold/core";
import { equal, errorOf } from "../asserts/asserts.ts";
import { appendAll, fullOf, KEY, logOf } from "../kit/reading.ts";
import { user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";

const SIBLING: SessionKey = { ...KEY, sessionId: "sibling" };
const NEIGHBOUR: SessionKey = { ...KEY, userId: "neighbour" };
const FOREIGN: SessionKey = { ...KEY, appName: "foreign" };
const ALL = [KEY, SIBLING, NEIGHBOUR, FOREIGN];

/** What state is and how far it reaches. */
export const STATE_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("state", {
  "state-scopes": {
    title: "app: keys reach the app, user: keys the user's sessions, all others the session",
    why: "A preference in the wrong scope is another user's preference.",
    async check(kit) {
      const service = await kit.service();
      for (const key of ALL) await service.createSession(key);
      const delta = { "app:a": 1, "user:u": 2, s: 3, apps: 4, "x:y": 5, user: 6 };
      await change(service, delta);
      await statesAre(service, [delta, { "app:a": 1, "user:u": 2 }, { "app:a": 1 }, {}]);
      await change(service, { "user:u": 7, "app:a": 8 }, SIBLING);
      equal(
        (await fullOf(service)).state,
        { ...delta, "app:a": 8, "user:u": 7 },
        "The state after a sibling's",
      );
    },
  },
  "state-initial": {
    title: "the state that a session is created with goes to the same scopes",
    why: "The first state is often the user's profile, which all sessions of the user read.",
    async check(kit) {
      const service = await kit.service();
      for (const key of ALL.slice(1)) await service.createSession(key);
      const state = { "app:a": 1, "user:u": 2, s: 3 };
      const made = await service.createSession({ ...KEY, state: { ...state, "temp:t": 4 } });
      equal(made.state, state, "The state of the new session");
      await statesAre(service, [state, { "app:a": 1, "user:u": 2 }, { "app:a": 1 }, {}]);
    },
  },
  "state-temporary": {
    title: "temp: keys are stored nowhere: not in the state, not in the event",
    why: "What is kept for one call may be a token or a file's content.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      await change(service, { "temp:secret": "x", kept: 1 });
      const session = await fullOf(service);
      equal(session.state, { kept: 1 }, "The state");
      equal((await logOf(service)).at(0)?.actions.stateDelta, { kept: 1 }, "The change in the stored event");
    },
  },
  "state-atomic": {
    title: "every read shows the state of exactly the events it shows",
    why: "State that is written before or after its event is wrong for whoever reads or crashes between.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      let writing = true;
      const write = async (): Promise<void> => {
        for (let at = 1; at <= 30; at++) await change(service, { count: at, "user:count": at });
      };
      const read = async (): Promise<void> => {
        do {
          const { state, events } = await fullOf(service);
          const count = events.filter(isConversationEvent).length || undefined;
          equal(state, { count, "user:count": count }, `The state of a log of ${count ?? 0} events`);
        } while (writing);
      };
      await Promise.all([write().finally(() => (writing = false)), read(), read()]);
      await read();
    },
  },
  "state-atomic-elsewhere": {
    title: "a service over the same storage shows, at every read, the state of exactly the events it shows",
    why: "Two statements, and an append between them, are a state that never was.",
    needs: ["reopen"],
    async check(kit) {
      const one = await kit.service();
      await one.createSession(KEY);
      const two = await kit.reopen(one);
      let writing = true;
      const write = async (): Promise<void> => {
        for (let at = 1; at <= 30; at++) await change(one, { count: at, "user:count": at, "app:count": at });
      };
      const read = async (): Promise<void> => {
        do {
          const { state, events } = await fullOf(two);
          const count = events.filter(isConversationEvent).length || undefined;
          const expected = { count, "user:count": count, "app:count": count };
          equal(state, expected, `The state of a log of ${count ?? 0} events`);
        } while (writing);
      };
      await Promise.all([write().finally(() => (writing = false)), read(), read()]);
      await read();
    },
  },
  "state-refused": {
    title: "an append that is refused changes no state",
    why: "State without the event that made it cannot be explained, replayed or undone.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      await change(service, { kept: 1 });
      const bad = user("x", { id: "", actions: { stateDelta: { kept: 2, "app:x": 1 } } });
      await errorOf(() => service.appendEvent({ session: KEY, event: bad }));
      const missing = { ...KEY, sessionId: "missing" };
      await errorOf(() => change(service, { "app:x": 1, "user:x": 1 }, missing));
      equal((await fullOf(service)).state, { kept: 1 }, "The state after refused appends");
    },
  },
  "state-at-once": {
    title: "changes of different keys at once are all there",
    why: "A service that writes the whole state back loses what another call has set.",
    async check(kit) {
      const service = await kit.service();
      for (const key of [KEY, SIBLING]) await service.createSession(key);
      const names = Array.from({ length: 20 }, (_, at) => `k${at}`);
      const deltas = names.map((name) => ({ [name]: 1, [`app:${name}`]: 2, [`user:${name}`]: 3 }));
      await Promise.all(deltas.map((delta, at) => change(service, delta, at % 2 === 0 ? KEY : SIBLING)));
      const { state } = await fullOf(service);
      const own = names.filter((_, at) => at % 2 === 0).map((name) => [name, 1]);
      const shared = names.flatMap((name) => [
        [`app:${name}`, 2],
        [`user:${name}`, 3],
      ]);
      equal(state, Object.fromEntries([...own, ...shared]), "The state after changes at once");
    },
  },
  "state-kept": {
    title: "a deleted session takes its own state along and leaves the app's and the user's",
    why: "A user who deletes a conversation keeps the profile; the next conversation must not know the last.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      await change(service, { "app:a": 1, "user:u": 2, s: 3 });
      await service.deleteSession(KEY);
      equal((await service.createSession(KEY)).state, { "app:a": 1, "user:u": 2 }, "The state after it");
    },
  },
  "state-values": {
    title: "values are JSON as it was given, a later one takes the place of an earlier one whole",
    why: "Merged values, or numbers that became text, are found far from where they went wrong.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession({ ...KEY, state: { object: { a: 1, b: { c: 2 } }, list: [1, 2, 3] } });
      const delta = { object: { a: 2 }, list: [], none: null, no: false, zero: 0, text: "1", real: 0.1 };
      await change(service, delta);
      equal((await fullOf(service)).state, delta, "The state");
    },
  },
  "state-values-shared": {
    title: "values of the app's and the user's state are JSON like the session's, null and empty ones too",
    why: "A null that means none in one scope and deletes in another one is found by the user it surprises.",
    async check(kit) {
      const service = await kit.service();
      const values = {
        none: null,
        no: false,
        zero: 0,
        empty: "",
        list: [],
        object: {},
        text: "1",
        deep: [{ a: [null] }],
      };
      const shared = (of: Readonly<Record<string, unknown>>): Record<string, unknown> =>
        Object.fromEntries(
          Object.entries(of).flatMap(([key, value]) => [
            [`app:${key}`, value],
            [`user:${key}`, value],
          ]),
        );
      const full = Object.fromEntries(Object.keys(values).map((key) => [key, { full: [key] }]));
      await service.createSession({ ...KEY, state: shared(values) });
      await service.createSession(SIBLING);
      equal((await fullOf(service, SIBLING)).state, shared(values), "The first state, in another session");
      for (const delta of [full, values]) {
        await change(service, shared(delta));
        for (const key of [KEY, SIBLING])
          equal((await fullOf(service, key)).state, shared(delta), "The state");
      }
    },
  },
  "state-large": {
    title: "a change of two thousand keys, and one value of a megabyte, are there whole in every scope",
    why: "Engines take so many values in a statement; a list of files or a cached document is a change like any other.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const scopes = ["", "app:", "user:"];
      const keys = Array.from({ length: 700 }, (_, at) =>
        scopes.map((scope) => `${scope}key number ${at}`),
      ).flat();
      const text = "0123456789abcdé\n".repeat(65_536);
      const delta = Object.fromEntries([
        ...keys.map((key, at) => [key, at]),
        ["text", text],
        ["user:text", text],
      ]);
      await change(service, delta);
      equal((await fullOf(service)).state, delta, "The state");
      await change(service, Object.fromEntries(keys.map((key) => [key, null])));
      const after = Object.fromEntries([
        ...keys.map((key) => [key, null]),
        ["text", text],
        ["user:text", text],
      ]);
      equal((await fullOf(service)).state, after, "The state after a second change");
    },
  },
  "state-repeated": {
    title: "an append that is repeated after later changes takes none of them back",
    why: "The retry of an old request must not bring an old address back.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const set = (value: number) =>
        user(`set ${value}`, {
          id: `e${value}`,
          actions: { stateDelta: { v: value, "user:v": value, "app:v": value } },
        });
      await appendAll(service, [set(1), set(2)]);
      const { lastUpdateTime } = await fullOf(service);
      await appendAll(service, [set(1)]);
      equal((await fullOf(service)).state, { v: 2, "user:v": 2, "app:v": 2 }, "The state after a late retry");
      equal((await fullOf(service)).lastUpdateTime, lastUpdateTime, "The time of the last update");
    },
  },
  "state-whole": {
    title: "an event whose data cannot be written is stored whole or not at all, with its state or without",
    why: "State that is written first stays behind when its event is refused.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const circular: Record<string, unknown> = {};
      circular.self = circular;
      const odd: readonly unknown[] = [10n, circular, () => 1, Symbol("odd")];
      for (const [at, value] of odd.entries()) {
        const stateDelta = { [`app:${at}`]: at, [`user:${at}`]: at, [`own${at}`]: at, [`odd${at}`]: value };
        await errorOf(() => appendAll(service, [user("odd", { id: `e${at}`, actions: { stateDelta } })]));
        const { state, events } = await fullOf(service);
        const isStored = events.some(({ id }) => id === `e${at}`);
        for (const key of [`app:${at}`, `user:${at}`, `own${at}`])
          equal(
            state[key],
            isStored ? at : undefined,
            `The state of an event that is ${isStored ? "" : "not "}stored`,
          );
      }
    },
  },
});

async function change(
  service: SessionService,
  stateDelta: Readonly<Record<string, unknown>>,
  key: SessionKey = KEY,
): Promise<void> {
  await appendAll(service, [user("a change", { actions: { stateDelta } })], key);
}

/** Expects the states of all sessions: the one that was changed, its sibling, the neighbour's, the foreign app's. */
async function statesAre(
  service: SessionService,
  expected: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const names = ["this", "another one of the user", "one of another user", "one of another app"];
  for (const [at, key] of ALL.entries())
    equal((await fullOf(service, key)).state, expected[at], `The state of ${names[at]} session`);
}
