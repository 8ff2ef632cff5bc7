import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { FoldSnapshot, SessionKey } from "@sessionfold/core";
import type { PostgresSessionService } from "@sessionfold/postgres";
import { expect, test } from "vitest";
import { STATEMENTS, statementsFor } from "../../../packages/postgres/src/statements.ts";
import { testServer } from "./support.ts";

const { database, open, server } = testServer();
const src = resolve(import.meta.dirname, "../../../packages/postgres/src");

/** The only statements that have less than the whole key, and why. */
const LESS: Readonly<Record<string, { readonly parts: readonly string[]; readonly reason: string }>> = {
  listOfApp: { parts: ["app_name"], reason: "lists the sessions of all users of an app" },
  listOfUser: { parts: ["app_name", "user_id"], reason: "lists the sessions of a user" },
};

const TABLE = /\$schema\.(sessions|events|state|folds|leases)\b(?: AS)?(?: (s|e|t|f|l))?\b/g;

test.each(Object.entries(STATEMENTS))(
  "statement %s finds and makes rows by the key of the tenant",
  (name, text) => {
    const parts = LESS[name]?.parts ?? ["app_name", "user_id", "session_id"];
    const uses = [...text.matchAll(TABLE)];
    expect(uses.length).toBeGreaterThan(0);
    for (const { index, 0: use, 2: alias } of uses) {
      const isInsert = text.slice(0, index).endsWith("INSERT INTO ");
      const rest = text.slice(index);
      if (isInsert) {
        expect(rest).toMatch(/^[^(]*\(\s*app_name, user_id, session_id,/);
        expect(rest).toMatch(/(SELECT|VALUES \() ?\$1, (\$2, \$3|n\.user_id, n\.session_id),/);
        continue;
      }
      const of = alias === undefined ? "" : `${alias}.`;
      // Entries of state also are the user's and the app's, which have no session id, or no user id either.
      if (use.includes(".state ")) {
        expect(rest).toMatch(
          /t\.app_name = \$1\s+AND \(t\.user_id, t\.session_id\) IN \(\('', ''\), \((\$2|page\.user_id), ''\)/,
        );
        continue;
      }
      for (const [at, part] of parts.entries()) expect(rest).toContain(`${of}${part} = $${at + 1}`);
    }
  },
);

test("there is no statement anywhere else, and none is put together from what comes in", () => {
  const statement =
    /\b(SELECT|INSERT INTO|UPDATE [$"\w]|DELETE FROM|CREATE (TABLE|INDEX|SCHEMA)|ALTER TABLE|DROP )/;
  const files = readdirSync(src).filter((file) => file.endsWith(".ts"));
  const found = files.filter((file) => statement.test(readFileSync(join(src, file), "utf8")));
  expect(found.sort()).toEqual(["migrations.ts", "statements.ts"]);
  const one = statementsFor('"one"');
  const other = statementsFor('"other"');
  for (const [name, text] of one) expect(text.replaceAll('"one"', '"other"')).toBe(other.get(name));
});

const snapshot: FoldSnapshot = { format: 1, seq: 1, keep: [0], summaries: [], openCalls: [], closedBy: null };

/** Every call there is, on one session. */
async function everything(service: PostgresSessionService, key: SessionKey): Promise<void> {
  const stateDelta = { "app:a": key.appName, "user:u": key.userId, own: key.sessionId };
  await service.createSession({ ...key, state: stateDelta });
  const text = { author: "user", message: `words of ${JSON.stringify(key)}` };
  for (const id of ["e0", "e1", "e2"])
    await service.appendEvent({ session: { ...key }, event: { id, ...text, actions: { stateDelta } } });
  const { incarnation = "" } = (await service.getSession(key)) ?? {};
  const tokens = { counter: "c", counts: new Map([["e1", 5]]) };
  await service.saveFold({ ...key, incarnation, snapshot, tokens });
  const lease = await service.acquireLease({ ...key, name: "fold", ttlMs: 60_000 });
  if (lease === null) throw new Error("Expected the lease of a new session to be free");
  await service.renewLease({ ...key, lease, ttlMs: 60_000 });
  await service.appendEvent({
    session: { ...key },
    event: { id: "e3", ...text },
    condition: { lease, lastSeq: 2 },
  });
  await service.appendEvent({ session: { ...key }, event: { id: "e3", ...text } });
}

async function seen(service: PostgresSessionService, key: SessionKey): Promise<string> {
  const { appName, userId } = key;
  return JSON.stringify([
    await service.getSession(key),
    await service.readFolded({ ...key, counter: "c" }),
    await service.searchEvents({ ...key, words: ["words"], limit: 50 }),
    (await service.listSessions({ appName, userId })).sessions,
    (await service.listSessions({ appName })).sessions.filter((session) => session.userId === userId),
  ]);
}

test("no call sees or changes what another tenant has under equal names", async () => {
  const url = await database();
  const service = await open(url);
  const keys = ["x", "y"].flatMap((appName) =>
    ["x", "y"].flatMap((userId) => ["x", "y"].map((sessionId) => ({ appName, userId, sessionId }))),
  );
  const [mine = { appName: "", userId: "", sessionId: "" }, ...others] = keys;
  for (const key of others) await everything(service, key);
  const strangers = others.filter(({ appName }) => appName !== mine.appName);
  const before = await Promise.all(strangers.map((key) => seen(service, key)));
  const rows = await ownRows(url, mine);
  await everything(service, mine);
  for (const text of [await seen(service, mine)])
    expect(text).not.toMatch(/words of {\\+"appName\\+":\\+"y|"(appName|userId)":"y"/);
  await service.deleteEvents({ ...mine, eventIds: ["e0", "e1"] });
  const { events = [], lastUpdateTime = 0 } = (await service.getSession(mine)) ?? {};
  await service.deleteSession(mine);
  await service.importSession({ ...mine, state: { own: 1 }, events, lastUpdateTime });
  await service.deleteSession(mine);
  expect(await Promise.all(strangers.map((key) => seen(service, key)))).toEqual(before);
  expect(await ownRows(url, mine)).toEqual(rows);
});

/** All rows of all tables, but for the state that this tenant shares with its own others. */
async function ownRows(url: string, { appName }: SessionKey): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const table of ["sessions", "events", "folds", "leases"])
    all.push(await server().run(`SELECT * FROM sessionfold.${table} ORDER BY 1, 2, 3, 4`, [], url));
  all.push(
    await server().run(
      "SELECT * FROM sessionfold.state WHERE app_name <> $1 ORDER BY 1, 2, 3, 4",
      [appName],
      url,
    ),
  );
  return all;
}

const READS: Readonly<Record<string, readonly unknown[]>> = {
  incarnation: ["a", "u", "s"],
  getSession: ["a", "u", "s", 990],
  readFolded: ["a", "u", "s", "c", true],
  whyNotAppended: ["a", "u", "s", "e1"],
  searchEvents: ["a", "u", "s", 100, "%ab%", [], 10],
  leaseToken: ["a", "u", "s", "fold"],
  lockSession: ["a", "u", "s"],
  listOfApp: ["a", 0, 10],
  listOfUser: ["a", "u", 0, 10],
};

test.each(Object.entries(READS))("read %s goes by indexes alone", async (name, values) => {
  const url = await database();
  await open(url);
  const client = await server().client(url);
  // In a small table a scan is the cheapest; where no index can serve, this does not hinder it.
  await client.query("SET enable_seqscan = off");
  const text = statementsFor('"sessionfold"').get(name as keyof typeof STATEMENTS);
  const { rows } = await client.query(`EXPLAIN ${text}`, [...values]);
  await client.end();
  const plan = rows.map((row: Record<string, unknown>) => String(row["QUERY PLAN"]));
  expect(plan.filter((line) => line.includes("Seq Scan"))).toEqual([]);
  expect(plan.filter((line) => line.includes("Index Cond")).every((line) => line.includes("app_name"))).toBe(
    true,
  );
  expect(plan.join("\n")).toContain("Index Cond");
});
