import { HumanMessage } from "@langchain/core/messages";
import type { SessionEvent, SessionKey } from "@sessionfold/core";
import { matchesWords } from "@sessionfold/core/storage";
import type { PostgresSessionService } from "@sessionfold/postgres";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { searchPattern } from "../../../packages/postgres/src/search-text.ts";
import { statementsFor } from "../../../packages/postgres/src/statements.ts";
import { HOOK_MS, KEY, testServer } from "./support.ts";

const { database, open, server } = testServer();

const PIECES = [
  ..."aab bc%_\\\"'*-",
  "Straße",
  "MÜNCHEN",
  "İstanbul",
  "ΣΟΦΟΣ",
  "退款",
  "订单号",
  "日本語",
  "👩‍👩‍👧",
  "🙂",
  "\ud83d",
  "\ude42",
  "\0",
  "order 4711",
  "\n",
];
const texts = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 }).map((all) => all.join(""));

/** What core finds in a log, latest first. */
function expected(events: readonly SessionEvent[], words: readonly string[], limit: number) {
  return events
    .filter((event) => matchesWords(event, words))
    .toReversed()
    .slice(0, limit);
}

const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");

test("finds what core finds in the log, in every language and with every sign", async () => {
  const service = await open();
  let sessions = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(texts, { minLength: 1, maxLength: 12 }),
      fc.array(texts, { minLength: 3, maxLength: 3 }),
      fc.integer({ min: 1, max: 5 }),
      async (said, queries, limit) => {
        const key = { ...KEY, sessionId: `p${sessions++}` };
        const events = await stored(service, key, said);
        for (const query of [...queries, ...said].map(wordsOf)) {
          if (query.length === 0) continue;
          const found = await service.searchEvents({ ...key, words: query, limit });
          expect(found).toEqual(expected(events, query, limit));
        }
      },
    ),
    { numRuns: 40 },
  );
});

async function stored(
  service: PostgresSessionService,
  key: SessionKey,
  said: readonly string[],
): Promise<readonly SessionEvent[]> {
  await service.createSession(key);
  const events: SessionEvent[] = [];
  for (const [at, message] of said.entries())
    events.push(
      await service.appendEvent({ session: key, event: { id: `e${at}`, author: "user", message } }),
    );
  return events;
}

let url: string;
let large: PostgresSessionService;
const LARGE = { ...KEY, sessionId: "large" };
const TOWNS = ["Köln", "上海", "Kraków", "Łódź", "💡 idea"];
const log: readonly SessionEvent[] = Array.from({ length: 6_000 }, (_, seq) => ({
  seq,
  id: `e${seq}`,
  author: "user",
  timestamp: seq,
  message: new HumanMessage(
    `Ticket ${seq} from ${TOWNS[seq % TOWNS.length]}${seq === 1_234 ? ", a UNIKAT of 100%" : ""}`,
  ),
  actions: {},
}));

beforeAll(async () => {
  url = await database();
  large = await open(url);
  await large.importSession({ ...LARGE, state: {}, events: log, lastUpdateTime: 1 });
  await server().run("VACUUM ANALYZE", [], url);
}, HOOK_MS);

test.each(["unikat", "00%", "köln", "上海", "上", "łó", "💡", "k", "ticket 59", "nowhere", "ticket_1"])(
  "in a long log: %s",
  async (text) => {
    const service = await open(url);
    for (const limit of [1, 7, 2_000]) {
      const words = wordsOf(text);
      const found = await service.searchEvents({ ...LARGE, words, limit });
      const wanted = expected(log, words, limit);
      expect(found.map(({ seq }) => seq)).toEqual(wanted.map(({ seq }) => seq));
    }
  },
);

test("a rare word is found by the index over parts of words", async () => {
  const text = statementsFor('"sessionfold"').get("searchEvents");
  const values = ["shop", "ada", "large", Number.MAX_SAFE_INTEGER, searchPattern("unikat"), [], 5];
  const plan = await server().run(`EXPLAIN ${text}`, values, url);
  expect(JSON.stringify(plan)).toContain("Bitmap Index Scan on events_text");
});

test("what was deleted is not found", async () => {
  const service = await open();
  await service.createSession(KEY);
  for (const id of ["e1", "e2"])
    await service.appendEvent({ session: KEY, event: { id, author: "user", message: `said in ${id}` } });
  await service.deleteEvents({ ...KEY, eventIds: ["e1"] });
  const found = await service.searchEvents({ ...KEY, words: ["said"], limit: 5 });
  expect(found.map(({ id }) => id)).toEqual(["e2"]);
  await service.deleteSession(KEY);
  await service.createSession(KEY);
  expect(await service.searchEvents({ ...KEY, words: ["said"], limit: 5 })).toEqual([]);
});
