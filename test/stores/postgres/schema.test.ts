import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isSummaryEvent, withSummaries } from "@sessionfold/core";
import { expect, test } from "vitest";
import { KEY, testServer } from "./support.ts";

const { database, open, server } = testServer();

/** The schema as the server reports it: columns, constraints and indexes, one a line. */
const REPORT = `
SELECT format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
  CASE WHEN l.collname <> 'default' THEN ' collate ' || l.collname ELSE '' END,
  CASE WHEN a.attidentity <> '' THEN ' identity' ELSE '' END || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relnamespace = 'sessionfold'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'sessionfold'::regnamespace AND contype <> 'n'
UNION ALL
SELECT indexdef FROM pg_indexes WHERE schemaname = 'sessionfold'
UNION ALL
SELECT format('%s %s', relname, reloptions::text) FROM pg_class
WHERE relnamespace = 'sessionfold'::regnamespace AND reloptions IS NOT NULL
UNION ALL
SELECT format('sequence %s %s', sequencename, data_type) FROM pg_sequences WHERE schemaname = 'sessionfold'
ORDER BY 1`;

async function report(url: string): Promise<string> {
  const rows = await server().run(REPORT, [], url);
  return `${rows.map(({ format }) => String(format)).join("\n")}\n`;
}

test("the schema is the one that was reviewed", async () => {
  const url = await database();
  await open(url);
  await expect(await report(url)).toMatchFileSnapshot("schema.txt");
});

test("a database of version 1 opens, has the schema of today, and everything in it is read", async () => {
  const url = await database();
  const client = await server().client(url);
  await client.query("CREATE EXTENSION pg_trgm");
  await client.query(readFileSync(join(import.meta.dirname, "version-1.sql"), "utf8"));
  await client.end();
  const service = await open(url);
  await expect(await report(url)).toMatchFileSnapshot("schema.txt");
  const session = await service.getSession(KEY);
  expect(session).toMatchObject({
    state: { "app:plan": "free", "user:name": "Ada", cart: [1, { of: "ü\u0000" }] },
    lastUpdateTime: 1_795_000_000_007,
    incarnation: "00000000-0000-4000-8000-000000000001",
  });
  expect(session?.events.map(({ id, seq }) => `${seq} ${id}`)).toEqual([
    "0 e0",
    "1 e1",
    "3 e3",
    "4 sum",
    "5 e5",
  ]);
  expect(session?.events.map(({ message }) => message?.content)).toEqual([
    "Guten Tag, NUL \u0000 und 🙂",
    "Ich schaue nach.",
    "42",
    undefined,
    "Danke!",
  ]);
  expect(session?.events.filter(isSummaryEvent)).toHaveLength(1);
  const folded = await service.readFolded({ ...KEY, counter: "o200k" });
  expect(folded?.snapshot?.seq).toBe(4);
  expect(folded?.events.map(({ seq }) => seq)).toEqual([0, 4, 5]);
  expect(folded?.tokenCounts).toEqual(new Map([["e0", 9]]));
  expect(await service.searchEvents({ ...KEY, words: ["schaue"], limit: 5 })).toHaveLength(1);
  expect(await service.acquireLease({ ...KEY, name: "fold", ttlMs: 1000 })).toBeNull();
  const held = { name: "fold", token: 7 };
  const next = await service.appendEvent({
    session: KEY,
    event: { message: "x" },
    condition: { lease: held },
  });
  expect(next.seq).toBe(6);
  await service.releaseLease({ ...KEY, lease: held });
  expect((await service.acquireLease({ ...KEY, name: "fold", ttlMs: 1000 }))?.token).toBeGreaterThan(7);
  const decorated = withSummaries(service, { mode: "manual" });
  expect((await decorated.listSummaries(KEY)).map(({ id }) => id)).toEqual(["sum"]);
  await decorated.close();
});
