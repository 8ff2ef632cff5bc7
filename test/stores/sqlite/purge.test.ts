import { existsSync, readFileSync, statSync } from "node:fs";
import type { SqliteSessionService } from "@sessionfold/sqlite";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { a, u } from "../../support/events.ts";
import { OpenedFiles } from "./opened-files.ts";
import { snapshotAt } from "./snapshots.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

const KEY = { appName: "app", userId: "user", sessionId: "s" };

/** Letters that nothing else has, so that their trigrams stand in the index unshortened. */
const LETTERS = "ⰰⰱⰲⰳ";
const SECRETS = ["the-secret-plan", "a-secret-place", "secret-state", "secret-branch", LETTERS.slice(0, 3)];

/** Which of the secrets stand anywhere in the files of a database. */
function leftIn(service: SqliteSessionService): readonly string[] {
  const path = files.pathOf(service);
  const open = [path, `${path}-wal`].filter((file) => existsSync(file));
  const bytes = Buffer.concat(open.map((file) => readFileSync(file)));
  return SECRETS.filter((text) => bytes.includes(text));
}

/** A service with a session among whose events is one with secrets, and the lot of others. */
async function withSecrets(): Promise<SqliteSessionService> {
  const service = files.create({ durability: "normal" });
  onTestFinished(() => service.close());
  for (const sessionId of ["s", "another"]) await service.createSession({ ...KEY, sessionId });
  const say = (
    sessionId: string,
    at: number,
    event = at % 2 === 0 ? u(`What of parcel ${at}?`) : a("On its way."),
  ) => service.appendEvent({ session: { ...KEY, sessionId }, event: { ...event, id: `e${at}` } });
  for (let at = 0; at < 60; at++) {
    await say("another", at);
    if (at !== 30) await say("s", at);
    else {
      const text = `the-secret-plan ${"is long ".repeat(1200)} a-secret-place ${LETTERS}`;
      await say(
        "s",
        at,
        u(text, { branch: "secret-branch", actions: { stateDelta: { hidden: "secret-state" } } }),
      );
    }
  }
  const { incarnation = "" } = (await service.getSession(KEY)) ?? {};
  await service.saveFold({ ...KEY, incarnation, snapshot: snapshotAt(40, [30]) });
  expect(leftIn(service)).toEqual(SECRETS);
  return service;
}

test("nothing of a deleted session is left in the files after a purge", async () => {
  const service = await withSecrets();
  await service.deleteSession(KEY);
  await service.purge();
  expect(leftIn(service)).toEqual([]);
  expect(statSync(`${files.pathOf(service)}-wal`).size).toBe(0);
  const others = await service.searchEvents({ ...KEY, sessionId: "another", words: ["parcel"], limit: 100 });
  expect(others).toHaveLength(30);
});

test("nor of a deleted event, but for the state that it set", async () => {
  const service = await withSecrets();
  expect(await service.deleteEvents({ ...KEY, eventIds: ["e30"] })).toBe(1);
  expect(await service.searchEvents({ ...KEY, words: ["secret"], limit: 1 })).toEqual([]);
  await service.purge();
  expect(leftIn(service)).toEqual(["secret-state"]);
  expect(await service.searchEvents({ ...KEY, words: ["parcel"], limit: 100 })).toHaveLength(29);
});

test("a close leaves nothing either, and neither does one after a crash before it", async () => {
  const service = await withSecrets();
  await service.deleteSession(KEY);
  // As after a crash: the file is opened anew, and only then closed in peace.
  const again = files.another(service);
  await again.setup();
  await again.close();
  expect(leftIn(service)).toEqual([]);
});

test("a close that is not to purge leaves it to the next one", async () => {
  const service = await withSecrets();
  await service.deleteEvents({ ...KEY, eventIds: ["e30"] });
  await service.close({ purge: false });
  // The texts are gone with the log of changes; what the index keeps of them is not.
  expect(leftIn(service)).toEqual(["secret-state", LETTERS.slice(0, 3)]);
  const again = files.another(service);
  await again.setup();
  await again.close();
  expect(leftIn(service)).toEqual(["secret-state"]);
});

test("others append between the steps of a purge, and all they wrote is found", async () => {
  const service = await withSecrets();
  const other = files.another(service, { durability: "normal" });
  onTestFinished(() => other.close());
  await service.deleteSession(KEY);
  const appends = Array.from({ length: 50 }, (_, at) =>
    other.appendEvent({ session: { ...KEY, sessionId: "another" }, event: u(`A letter ${at}`) }),
  );
  await Promise.all([service.purge(), ...appends]);
  const found = await service.searchEvents({ ...KEY, sessionId: "another", words: ["letter"], limit: 100 });
  expect(found).toHaveLength(50);
  await service.purge();
  expect(leftIn(service)).toEqual([]);
});
