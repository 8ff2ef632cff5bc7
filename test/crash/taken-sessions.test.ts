import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { sharedPlaces } from "../races/support/places.ts";
import { Child } from "./support/child.ts";
import { openPlace, type Place } from "./support/place.ts";
import { TakenSessions } from "./support/taken-sessions.ts";
import type { TakerJob, TakerTold } from "./support/taker-told.ts";
import { untilAlone } from "./support/until-alone.ts";

/** `SESSIONFOLD_CRASHES` kills, by default as many as a run of all tests can wait for. */
const KILLS = Number(process.env.SESSIONFOLD_CRASHES ?? 6);
const FIRST_KILLS = 4;
const A_KILL_MS = 10_000;
const HOOK_MS = 60_000;
const TAKER = resolve(import.meta.dirname, "support/taker.ts");

/** Children that have loaded, one of them in advance. */
function takers(): () => Promise<Child<TakerTold>> {
  let waiting = new Child<TakerTold>(TAKER);
  onTestFinished(async () => {
    waiting.crash();
    await waiting.ended;
  });
  return async () => {
    const child = waiting;
    await child.untilTold("ready");
    waiting = new Child<TakerTold>(TAKER);
    return child;
  };
}

/** Kills a child, and checks what it has left in the storage. */
async function killed(child: Child<TakerTold>, place: Place, books: TakenSessions): Promise<void> {
  child.crash();
  const { signal, errors } = await child.ended;
  expect({ signal, errors }).toEqual({ signal: "SIGKILL", errors: "" });
  for (const line of child.told) books.take(line);
  await untilAlone(place);
  const store = await openPlace(place);
  try {
    await books.check(store);
  } finally {
    await store.close();
  }
}

describe.each(sharedPlaces())("a process that is killed, with $name", (places) => {
  beforeAll(() => places.start(), HOOK_MS);
  afterAll(() => places.stop(), HOOK_MS);

  test(
    "while it takes over or deletes sessions leaves each whole, or not at all",
    async () => {
      const place = await places.fresh();
      const taker = takers();
      const books = new TakenSessions();
      for (let kill = 0; kill < KILLS; kill++) {
        const child = await taker();
        child.send({ place, from: books.next } satisfies TakerJob);
        const [kind, longest] = kill % 2 === 0 ? (["taking", 20] as const) : (["deleting", 6] as const);
        const most = 1 + (kill % 3);
        await child.until((told) => told.filter((line) => line.kind === kind).length >= most);
        await sleep(Math.random() * longest);
        await killed(child, place, books);
      }
      if (process.env.SESSIONFOLD_CRASHES !== undefined) console.info(places.name, books.undecided);
      expect(books.next).toBeGreaterThan(KILLS);
    },
    HOOK_MS + KILLS * A_KILL_MS,
  );

  test(
    "while it opens a storage for the first time leaves one that the next can open",
    async () => {
      const taker = takers();
      for (let kill = 0; kill < FIRST_KILLS; kill++) {
        const place = await places.fresh();
        const child = await taker();
        child.send({ place, from: 0 } satisfies TakerJob);
        await sleep(Math.random() * 60);
        await killed(child, place, new TakenSessions());
      }
    },
    HOOK_MS + FIRST_KILLS * A_KILL_MS,
  );
});
