import { DatabaseSync } from "node:sqlite";
import type { ReplayFault, StoredContent } from "@sessionfold/conformance";
import type { EventJson, SessionKey } from "@sessionfold/core";

/** What became of a fault: it is in the store, the store's own rules refused it, or there was nothing that it could befall. */
export type Befallen = "injected" | "refused" | "spared";

/** Runs SQL on the tables of a store, with `?` for parameters. */
export interface Rows {
  all(sql: string, parameters: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

const OF_SESSION = "app_name = ? AND user_id = ? AND session_id = ?";
/** Far behind any position, while rows change places. */
const ASIDE = 1_000_000;

/**
 * Puts a fault into the rows of a session, behind the back of the store that they belong to: only rows that it changes are
 * touched.
 */
export async function faultInRows(rows: Rows, key: SessionKey, fault: ReplayFault): Promise<Befallen> {
  const owner = [key.appName, key.userId, key.sessionId];
  const stored = await rows.all(`SELECT seq, id, body FROM events WHERE ${OF_SESSION} ORDER BY seq`, owner);
  const state = await rows.all(
    `SELECT name, value FROM state WHERE app_name = ? AND user_id IN ('', ?) AND session_id IN ('', ?)`,
    owner,
  );
  const before: StoredContent = {
    events: stored.map(({ seq, body }) => ({ ...JSON.parse(String(body)), seq: Number(seq) }) as EventJson),
    state: Object.fromEntries(
      state.map(({ name, value }) => [String(name), JSON.parse(String(value)) as unknown]),
    ),
  };
  const after = fault.apply(before);
  if (after === undefined) return "spared";
  try {
    await changeEvents(rows, owner, before.events, after.events);
  } catch (error) {
    // Of what a store keeps unique there is no second one, whoever writes it.
    if (/unique constraint/i.test((error as Error).message)) return "refused";
    throw error;
  }
  for (const [name, value] of Object.entries(after.state)) {
    const json = JSON.stringify(value);
    if (json === JSON.stringify(before.state[name])) continue;
    if (name in before.state)
      await rows.all(
        "UPDATE state SET value = ? WHERE app_name = ? AND user_id IN ('', ?) AND session_id IN ('', ?) AND name = ?",
        [json, ...owner, name],
      );
    else
      await rows.all(
        "INSERT INTO state (app_name, user_id, session_id, name, value) VALUES (?, ?, ?, ?, ?)",
        [...owner, name, json],
      );
  }
  return "injected";
}

async function changeEvents(
  rows: Rows,
  owner: readonly string[],
  before: readonly EventJson[],
  after: readonly EventJson[],
): Promise<void> {
  const left = new Map(before.map((event) => [event.id, event]));
  const moved: EventJson[] = [];
  const added: EventJson[] = [];
  for (const event of after) {
    const known = left.get(event.id);
    left.delete(event.id);
    if (known === undefined) added.push(event);
    else if (JSON.stringify(known) !== JSON.stringify(event)) moved.push(event);
  }
  for (const id of left.keys())
    await rows.all(`DELETE FROM events WHERE ${OF_SESSION} AND id = ?`, [...owner, id]);
  for (const [at, { id }] of moved.entries())
    await rows.all(`UPDATE events SET seq = ? WHERE ${OF_SESSION} AND id = ?`, [ASIDE + at, ...owner, id]);
  for (const { seq, ...body } of moved)
    await rows.all(`UPDATE events SET seq = ?, body = ? WHERE ${OF_SESSION} AND id = ?`, [
      seq,
      JSON.stringify(body),
      ...owner,
      body.id,
    ]);
  for (const { seq, ...body } of added)
    await rows.all(
      "INSERT INTO events (app_name, user_id, session_id, seq, id, format, body) VALUES (?, ?, ?, ?, ?, 1, ?)",
      [...owner, seq, body.id, JSON.stringify(body)],
    );
}

/** The rows of a schema, through whatever runs PostgreSQL's statements. */
export function pgRows(
  run: (text: string, values: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>,
): Rows {
  return {
    async all(sql, parameters) {
      let at = 0;
      return (
        await run(
          sql.replace(/\?/g, () => `$${++at}`),
          [...parameters],
        )
      ).rows;
    },
  };
}

/** The rows of a file, opened as another program would. */
export async function inFile<T>(path: string, task: (rows: Rows) => Promise<T>): Promise<T> {
  const database = new DatabaseSync(path);
  try {
    return await task({
      all: async (sql, parameters) => database.prepare(sql).all(...(parameters as string[])),
    });
  } finally {
    database.close();
  }
}
