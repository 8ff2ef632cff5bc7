import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { SessionKey } from "@sessionfold/core";
import { afterAll, expect, test } from "vitest";
import * as statements from "../../../packages/sqlite/src/statements.ts";
import { a, u } from "../../support/events.ts";
import { OpenedFiles } from "./opened-files.ts";
import { snapshotAt } from "./snapshots.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

const SRC = resolve(import.meta.dirname, "../../../packages/sqlite/src");
const all = Object.entries(statements);

/** Statements that are not about any session, each with the reason why it may be so. */
const OF_NO_SESSION: Readonly<Record<string, string>> = {
  FIND_PURGES: "two numbers for the file as a whole",
  ADD_PURGED: "two numbers for the file as a whole",
  MERGE_INDEX: "changes how the index is stored, not what is in it",
  COUNT_CHANGES: "reads no table",
  TRUNCATE_LOG: "changes where pages are stored, not what is in them",
};

/** Statements over several sessions, with the part of the key that holds them together. */
const OF_MANY: Readonly<Record<string, RegExp>> = {
  LIST_SESSIONS_OF_APP: /WHERE app_name = :app AND/,
  LIST_SESSIONS_OF_USER: /WHERE app_name = :app AND user_id = :user AND/,
  FIND_STATES:
    /FROM json_each\(:owners\) AS owner CROSS JOIN state\s+WHERE app_name = :app AND user_id = owner\.value ->> 0 AND session_id = owner\.value ->> 1\s+ORDER BY row$/,
  FIND_STATE:
    /^SELECT[^;]* WHERE app_name = :app AND user_id = '' AND session_id = ''\s+UNION ALL SELECT[^;]* WHERE app_name = :app AND user_id = :user AND session_id = ''\s+UNION ALL SELECT[^;]* WHERE app_name = :app AND user_id = :user AND session_id = :session\s+ORDER BY row$/,
};

const OF_SESSION = /\b(?:WHERE|AND) app_name = :app AND user_id = :user AND session_id = :session\b/;
const INTO_SESSION = /\(app_name, user_id, session_id, [^)]*\)\s+VALUES \(:app, :user, :session, /;

test.each(all)("%s is bound to the key of a session", (name, sql) => {
  if (name in OF_NO_SESSION) return expect(sql).not.toMatch(/\b(?:sessions|events|state|leases)\b/);
  const expected = OF_MANY[name] ?? (/^INSERT[^;]*VALUES/.test(sql) ? INTO_SESSION : OF_SESSION);
  expect(sql).toMatch(expected);
  // A condition that another one makes optional binds nothing.
  expect(sql).not.toMatch(/\bOR\b(?! REPLACE)/);
  const tables =
    sql.match(/\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:sessions|events|state|leases|event_text)\b/g) ?? [];
  const keys = sql.match(/app_name = :app|\(:app, /g) ?? [];
  // The index names no session, so whoever reads it joins the events.
  expect(keys.length).toBeGreaterThanOrEqual(tables.filter((table) => !table.includes("event_text")).length);
});

test("statements stand in one file, but for the schema and the connection's own", () => {
  const others = readdirSync(SRC).filter((file) => file !== "statements.ts" && file !== "migrations.ts");
  const found = others.flatMap((file) =>
    [
      ...readFileSync(join(SRC, file), "utf8").matchAll(
        /["'`](?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|PRAGMA|BEGIN|COMMIT|ROLLBACK|CREATE|DROP|ALTER|ATTACH|VACUUM)\b[^"'`]*/g,
      ),
    ].map(([sql]) => `${file}: ${sql.slice(1)}`),
  );
  expect(found.sort()).toEqual([
    "connection.ts: BEGIN",
    "connection.ts: BEGIN IMMEDIATE",
    "connection.ts: COMMIT",
    `connection.ts: PRAGMA busy_timeout = \${ENGINE_WAIT_MS}`,
    "connection.ts: PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON",
    "connection.ts: PRAGMA journal_mode = WAL",
    "connection.ts: PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY",
    `connection.ts: PRAGMA synchronous = \${durability === `,
    "connection.ts: ROLLBACK",
    "connection.ts: ROLLBACK TO part; RELEASE part",
    "connection.ts: SELECT 1 AS found FROM pragma_module_list WHERE name = ",
  ]);
  expect(
    readFileSync(join(SRC, "migrations.ts"), "utf8").match(
      /(?:FROM|INTO|UPDATE) (?!purges|sqlite_schema|schema_version|event_text)\w+/g,
    ),
  ).toBeNull();
});

test("every statement reaches its rows through an index", async () => {
  const service = files.create();
  await service.setup();
  await service.close();
  const database = new DatabaseSync(files.pathOf(service), { readOnly: true });
  const plans = all
    .filter(([name]) => !(name in OF_NO_SESSION))
    .map(([name, sql]) => {
      const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as unknown as { detail: string }[];
      return { name, details: rows.map(({ detail }) => detail) };
    });
  database.close();
  const scans = plans.flatMap(({ name, details }) =>
    details
      .filter((detail) => /^SCAN (?!CONSTANT ROW|\(subquery)/.test(detail))
      .map((detail) => `${name}: ${detail}`),
  );
  // The owners that it is given; the full-text index, by its terms and between two rows.
  expect(scans).toEqual([
    "FIND_STATES: SCAN owner VIRTUAL TABLE INDEX 1:",
    "MATCHING_EVENTS: SCAN event_text VIRTUAL TABLE INDEX 192:M1><",
  ]);
  const inOrder = plans.filter(({ details }) => details.some((detail) => /TEMP B-TREE/.test(detail)));
  expect(inOrder.map(({ name }) => name)).toEqual(["FIND_STATE", "FIND_STATES"]);
});

test("what is done with one key is not seen with any other, equal in two of three parts", async () => {
  const service = files.create();
  const two = ["a", "b"];
  const keys: SessionKey[] = two.flatMap((appName) =>
    two.flatMap((userId) => two.map((sessionId) => ({ appName, userId, sessionId }))),
  );
  const tokens = { counter: "letters", counts: new Map([["e0", 3]]) };
  for (const key of keys) {
    await service.createSession({ ...key, state: { own: 1 } });
    for (const [at, event] of [u("a parcel"), a("it is on its way")].entries())
      await service.appendEvent({ session: { ...key }, event: { ...event, id: `e${at}`, timestamp: at } });
    const { incarnation = "" } = (await service.getSession(key)) ?? {};
    await service.saveFold({ ...key, incarnation, snapshot: snapshotAt(0, [0]), tokens });
    await service.acquireLease({ ...key, name: "fold", ttlMs: 1e9 });
  }
  const [mine, ...others] = keys as [SessionKey, ...SessionKey[]];
  const seen = async () =>
    Promise.all(
      others.map(async (key) => ({
        session: await service.getSession(key),
        folded: await service.readFolded({ ...key, counter: "letters" }),
        found: await service.searchEvents({ ...key, words: ["parcel"], limit: 5 }),
        walked: await service.searchEvents({ ...key, words: ["it"], limit: 5 }),
        leased: await service.acquireLease({ ...key, name: "fold", ttlMs: 1 }),
        listed: (await service.listSessions(key)).sessions.filter(
          ({ userId, sessionId }) =>
            userId !== mine.userId || sessionId !== mine.sessionId || key.appName !== mine.appName,
        ),
      })),
    );
  const before = await seen();
  expect(
    before.every(({ found, walked, leased }) => found.length === 1 && walked.length === 1 && leased === null),
  ).toBe(true);

  const session = { ...mine };
  const stateDelta = { own: 2, added: 1 };
  await service.appendEvent({
    session,
    event: u("a parcel and it", { id: "mine", actions: { stateDelta } }),
  });
  const { incarnation = "" } = (await service.getSession(mine)) ?? {};
  const counts = new Map([
    ["e0", 9],
    ["e1", 9],
  ]);
  await service.saveFold({
    ...mine,
    incarnation,
    snapshot: snapshotAt(2, [1]),
    tokens: { counter: "words", counts },
  });
  const lease = { name: "fold", token: 1 };
  expect(await service.renewLease({ ...mine, lease, ttlMs: 1 })).toBe(true);
  await service.releaseLease({ ...mine, lease });
  expect(await service.deleteEvents({ ...mine, eventIds: ["e0"] })).toBe(1);
  expect(await seen()).toEqual(before);
  await service.deleteSession(mine);
  expect(await service.searchEvents({ ...mine, words: ["parcel"], limit: 5 })).toEqual([]);
  const state = { own: 3 };
  await service.importSession({ ...mine, state, events: [], lastUpdateTime: 1 });
  expect(await seen()).toEqual(before);
  await service.close();
});
