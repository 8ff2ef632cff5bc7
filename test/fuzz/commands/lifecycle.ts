import assert from "node:assert/strict";
import fc from "fast-check";
import { rest } from "../checks/rest.ts";
import { isOwn } from "../support/config.ts";
import { nameOf } from "../support/storage.ts";
import type { Fault, FaultyMethod } from "../support/store-view.ts";
import { isCode, KEYS, type World } from "../support/world.ts";
import { AGAIN, PRUNE } from "./appends.ts";
import { command, type FuzzCommand } from "./command.ts";

const KEY = KEYS[0] ?? { appName: "", userId: "", sessionId: "" };
const who = fc.nat({ max: 1 });
const which = fc.constantFrom(0, 0, 0, 0, 1);

/** Makes a session; one that is there already is refused and left alone. */
export function creates(): fc.Arbitrary<FuzzCommand> {
  return fc
    .tuple(who, which)
    .map(([by, at]) => command(`create ${by} ${at}`, (world) => create(world, by, at)));
}

/** Makes a session under a key of the run. */
export function create(world: World, by: number, at: number): Promise<void> {
  const key = KEYS[at] ?? KEY;
  return world.begin(
    "create",
    key,
    {
      isPrompt: true,
      tolerates: (error, { versions }) =>
        isCode(error, "session-exists") && versions.some(({ events }) => events !== null),
    },
    () => world.decorator(by).service.createSession(key),
    (session) => assert.deepEqual(session.events, [], "a new session with events in it"),
  );
}

/** Deletes a session, now and then to make another under its key at once. */
export function deletes(): fc.Arbitrary<FuzzCommand> {
  return fc.tuple(who, which, fc.boolean()).map(([by, at, again]) =>
    command(`delete ${by} ${at} ${again}`, (world) => {
      // That service never lets go of a session.
      if (world.config.store === "live objects") return undefined;
      const key = KEYS[at] ?? KEY;
      const { service, name } = world.decorator(by);
      return world.begin(
        "delete",
        key,
        { isPrompt: true },
        async () => {
          await service.deleteSession(key);
          if (again) void create(world, by, at);
        },
        (_, { versions }) => {
          const gone = versions.find(({ events }) => events === null);
          assert.ok(gone !== undefined, "a deleted session is still there");
          for (const { decorator, key: number, since } of world.script.running)
            assert.ok(
              decorator !== name || number !== at || since >= gone.index,
              "a deleted session is still being summarised",
            );
        },
      );
    }),
  );
}

/** Deletes events that a summary covers; what it may take is checked at the store. */
export function prunes(): fc.Arbitrary<FuzzCommand> {
  return fc.tuple(who, which, fc.nat({ max: 9 })).map(([by, at, pick]) =>
    command(`prune ${by} ${at} ${pick}`, (world) => {
      if (!isOwn(world.config.store) || [...world.calls].some(({ label }) => label === AGAIN))
        return undefined;
      const key = KEYS[at] ?? KEY;
      const summaries = (world.storage.latest(nameOf(key)).events ?? []).filter(
        ({ actions }) => actions.summary !== undefined,
      );
      const summaryId = pick < 5 ? undefined : summaries[pick % Math.max(1, summaries.length)]?.id;
      const before = pick === 4 ? world.time.now() : undefined;
      return world.begin(
        PRUNE,
        key,
        {
          isPrompt: true,
          tolerates: (error, { versions }) =>
            isCode(error, "summary-not-found") &&
            versions.some(({ events }) => events?.some(({ id }) => id === summaryId) !== true),
        },
        () => world.decorator(by).service.prune(key, { summaryId, before }),
        (ids, { versions }) => {
          for (const id of ids)
            assert.ok(
              versions.some(({ pruned }) => pruned.has(id)),
              "prune tells of an event that it has not deleted",
            );
        },
      );
    }),
  );
}

const ANY_STORES: readonly FaultyMethod[] = [
  "appendEvent",
  "appendEvent",
  "getSession",
  "deleteSession",
  "deleteEvents",
];

/** What may fail of stores that processes share. */
export const SHARED_FAULTS: readonly FaultyMethod[] = [
  ...ANY_STORES,
  "readFolded",
  "readFolded",
  "saveFold",
  "saveFold",
  "searchEvents",
  "acquireLease",
  "renewLease",
  "releaseLease",
];

/** The next call of a kind fails, before or after the store has done what was asked. */
export function faults(methods: readonly FaultyMethod[] = ANY_STORES): fc.Arbitrary<FuzzCommand> {
  return fc
    .record<Fault>({
      method: fc.constantFrom(...methods),
      when: fc.constantFrom("before", "after"),
    })
    .map((fault) =>
      command(`fault ${fault.method} ${fault.when}`, (world) => {
        world.faults.push(fault);
        return undefined;
      }),
    );
}

/** Lets time pass. */
export function waits(): fc.Arbitrary<FuzzCommand> {
  return fc.constantFrom(500, 2000, 6000, 40_000).map((milliseconds) =>
    command(`wait ${milliseconds}`, (world) => {
      world.time.advance(milliseconds);
      return undefined;
    }),
  );
}

/** A new decorator takes the place of one, which is closed or simply left. */
export function restarts(): fc.Arbitrary<FuzzCommand> {
  return fc.tuple(who, fc.constantFrom(undefined, 0, 1000, 10_000)).map(([at, drainMs]) =>
    command(`restart ${at} ${drainMs}`, (world) => {
      // Services of other people lose what two write at once: a decorator of theirs lives as long as the run.
      if (!isOwn(world.config.store)) return undefined;
      const { service, name } = world.restart(at);
      if (drainMs === undefined) return undefined;
      world.script.closing.add(name);
      return world.begin(
        "close",
        KEY,
        { isPrompt: false },
        () => service.close({ drainMs }),
        () => {
          world.script.closed.add(name);
        },
      );
    }),
  );
}

/** Waits for the folds that are under way. */
export function flushes(): fc.Arbitrary<FuzzCommand> {
  return who.map((by) =>
    command(`flush ${by}`, (world) => {
      const { service, name } = world.decorator(by);
      const known = [...world.script.running].filter(({ decorator }) => decorator === name);
      return world.begin(
        "flush",
        KEY,
        { isPrompt: false },
        () => service.flush(),
        () => {
          for (const each of known)
            assert.ok(!world.script.running.has(each), "flush did not wait for a summary under way");
        },
      );
    }),
  );
}

/** Lets all come to rest and checks everything. */
export function rests(): fc.Arbitrary<FuzzCommand> {
  return fc.constant(command("rest", (world) => rest(world)));
}
