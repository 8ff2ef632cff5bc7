import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SqliteSessionService } from "@sessionfold/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { Child } from "../crash/support/child.ts";
import { KEY } from "./support/race.ts";
import { said } from "./support/said.ts";

const LOCKER = resolve(import.meta.dirname, "support/locker.ts");
const SHORT_WAIT_MS = 100;
/** Longer than any test. */
const LONG_WAIT_MS = 600_000;
const TICKS = 50;
type LockerTold = { readonly kind: "ready" | "held" | "released" };

/** A service over a file whose lock another process takes, and gives back when it is told to. */
async function locked(whole: boolean, busyTimeoutMs: number) {
  const folder = mkdtempSync(join(tmpdir(), "sessionfold-locked-"));
  const path = join(folder, "sessions.db");
  const setUp = new SqliteSessionService(path);
  await setUp.createSession(KEY);
  await setUp.close();
  const service = new SqliteSessionService(path, { busyTimeoutMs });
  const locker = new Child<LockerTold>(LOCKER);
  onTestFinished(async () => {
    locker.crash();
    await locker.ended;
    await service.close();
    rmSync(folder, { recursive: true });
  });
  // A connection of a file that is locked as a whole cannot be in it already.
  if (!whole) await service.setup();
  await locker.untilTold("ready");
  locker.send({ path, whole });
  await locker.untilTold("held");
  const release = async (): Promise<void> => {
    locker.send({});
    expect(await locker.ended).toMatchObject({ exitCode: 0, errors: "" });
  };
  return { service, locker, release };
}

/** Lets so many timers of this process go off, and asserts that the work is not done by then. */
async function whileWaiting(work: Promise<unknown>): Promise<void> {
  let isDone = false;
  const done = (): void => {
    isDone = true;
  };
  work.then(done, done);
  for (let tick = 0; tick < TICKS; tick++) {
    await sleep(1);
    expect(isDone).toBe(false);
  }
}

const [event = {}, ...others] = said("p", 3);
const busy = { name: "StoreError", code: "store-busy" };

test("a file that another process has locked is told as busy after a while, and written to once it is free", async () => {
  const { service, release } = await locked(false, SHORT_WAIT_MS);
  const append = () => service.appendEvent({ session: KEY, event });
  await expect(append()).rejects.toMatchObject(busy);
  // Who reads is not kept out.
  expect((await service.getSession(KEY))?.events).toEqual([]);
  await release();
  expect((await append()).seq).toBe(0);
});

test("one that is locked against readers as well is told as busy, and read once it is free", async () => {
  const { service, release } = await locked(true, SHORT_WAIT_MS);
  await expect(service.getSession(KEY)).rejects.toMatchObject(busy);
  await expect(service.appendEvent({ session: KEY, event })).rejects.toMatchObject(busy);
  await release();
  expect((await service.getSession(KEY))?.events).toEqual([]);
  expect((await service.appendEvent({ session: KEY, event })).seq).toBe(0);
});

test.each([
  ["a writer", false],
  ["a file locked as a whole", true],
])(
  "while calls wait for %s the process does its other work, and they are done in the end",
  async (_, whole) => {
    const { service, release } = await locked(whole, LONG_WAIT_MS);
    const work = Promise.all(
      [event, ...others].map((each) => service.appendEvent({ session: KEY, event: each })),
    );
    await whileWaiting(work);
    await release();
    expect((await work).map(({ seq }) => seq)).toEqual([event, ...others].map((_each, at) => at));
  },
);

test("a process that is killed with the lock leaves the file to the others", async () => {
  const { service, locker } = await locked(false, LONG_WAIT_MS);
  locker.crash();
  await locker.ended;
  for (const [at, each] of [event, ...others].entries())
    expect((await service.appendEvent({ session: KEY, event: each })).seq).toBe(at);
});
