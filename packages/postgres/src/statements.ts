import { MIGRATIONS } from "./migrations.ts";

/** Every session is found by these, and nothing of a session without them. */
const KEY = "app_name = $1 AND user_id = $2 AND session_id = $3";
const OWN_ROWS = (alias: string): string =>
  `${alias}.app_name = $1 AND ${alias}.user_id = $2 AND ${alias}.session_id = $3`;

/** The app's, the user's and the session's own entries of state. */
const STATE = `t.app_name = $1 AND (t.user_id, t.session_id) IN (('', ''), ($2, ''), ($2, $3))`;

/** Entries of state as the arrays `users`, `sessions`, `names` and `values` from that parameter on give them, in one order for all. */
const upsertState = (first: number, made: string): string => `
  INSERT INTO $schema.state (app_name, user_id, session_id, name, value)
  SELECT $1, n.user_id, n.session_id, n.name, n.value
  FROM unnest($${first}::text[], $${first + 1}::text[], $${first + 2}::text[], $${first + 3}::text[])
    AS n (user_id, session_id, name, value)
  WHERE EXISTS (SELECT FROM ${made})
  ORDER BY n.user_id COLLATE "C", n.session_id COLLATE "C", n.name COLLATE "C"
  ON CONFLICT (app_name, user_id, session_id, name) DO UPDATE SET value = excluded.value`;

/** A session's row and its state, in rows of the columns that reads of events have too, so that one statement sees one moment. */
const HEAD = `
SELECT 'session' AS kind, s.incarnation AS name, s.last_update_time AS number, NULL::bigint AS seq,
  NULL::integer AS format, NULL::text AS body
FROM $schema.sessions s WHERE ${OWN_ROWS("s")}
UNION ALL
SELECT CASE WHEN t.user_id = '' THEN 'app' WHEN t.session_id = '' THEN 'user' ELSE 'own' END,
  t.name, NULL, NULL, NULL, t.value
FROM $schema.state t WHERE ${STATE}`;

/** A page of sessions, each with the state that it shows as a list of [scope, name, value]. */
const listOf = (which: string, limit: number): string => `
WITH page AS (
  SELECT s.user_id, s.session_id, s.incarnation, s.ordinal, s.last_update_time
  FROM $schema.sessions s WHERE ${which}
  ORDER BY s.ordinal LIMIT $${limit}
)
SELECT page.*, (
  SELECT json_agg(json_build_array(
    CASE WHEN t.user_id = '' THEN 'app' WHEN t.session_id = '' THEN 'user' ELSE 'session' END, t.name, t.value))
  FROM $schema.state t
  WHERE t.app_name = $1
    AND (t.user_id, t.session_id) IN (('', ''), (page.user_id, ''), (page.user_id, page.session_id))
)::text AS state
FROM page ORDER BY page.ordinal`;

/**
 * All statements but those of `setup`. Each finds its rows by the tenant's key, $1 to $3, or by what of it the call has.
 * `$schema` stands for the quoted name of the schema.
 */
export const STATEMENTS = {
  /** A new session with its first state: nothing if the key is taken. Answers with the state that it shares. */
  createSession: `
WITH made AS (
  INSERT INTO $schema.sessions
    (app_name, user_id, session_id, incarnation, next_seq, last_seq, last_update_time)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (app_name, user_id, session_id) DO NOTHING
  RETURNING incarnation
), stated AS (${upsertState(8, "made")}
)
SELECT 'session' AS kind, made.incarnation AS name, NULL AS body FROM made
UNION ALL
SELECT CASE WHEN t.user_id = '' THEN 'app' ELSE 'user' END, t.name, t.value
FROM $schema.state t
WHERE t.app_name = $1 AND (t.user_id, t.session_id) IN (('', ''), ($2, ''))`,

  /** Which session stands under a key, and the position of its next entry. */
  incarnation: `SELECT incarnation, next_seq FROM $schema.sessions WHERE ${KEY}`,

  /** A session with the entries behind a position. */
  getSession: `${HEAD}
UNION ALL
(SELECT 'event', NULL, NULL, e.seq, e.format, e.body
FROM $schema.events e WHERE ${OWN_ROWS("e")} AND e.seq > $4
ORDER BY e.seq)`,

  /**
   * Stores an event at the end of the log, and what it changes of the state. No row if there is no session, the id is
   * known or the log does not end at the position asked for. The row of the session is locked by its own change, and what
   * is asked of it is asked again of its newest version, so that positions are given in the order of commits.
   */
  appendEvent: `
WITH place AS (
  UPDATE $schema.sessions s
  SET next_seq = s.next_seq + 1, last_seq = s.next_seq, last_update_time = $8
  WHERE ${OWN_ROWS("s")}
    AND ($9::bigint IS NULL OR s.last_seq = $9)
    AND NOT EXISTS (SELECT FROM $schema.events e WHERE ${OWN_ROWS("e")} AND e.id = $4)
  RETURNING s.last_seq AS seq
), stored AS (
  INSERT INTO $schema.events (app_name, user_id, session_id, seq, id, format, body, search_text)
  SELECT $1, $2, $3, place.seq, $4, $5, $6, $7 FROM place
  RETURNING seq
), stated AS (${upsertState(10, "place")}
)
SELECT seq FROM stored`,

  /** Why an event was not stored: the session's last position and the stored event of the id; no row without a session. */
  whyNotAppended: `
SELECT s.last_seq, e.seq, e.format, e.body
FROM $schema.sessions s
LEFT JOIN $schema.events e ON ${OWN_ROWS("e")} AND e.id = $4
WHERE ${OWN_ROWS("s")}`,

  /** A page of an app's sessions, each with its state. */
  listOfApp: listOf("s.app_name = $1 AND s.ordinal > $2", 3),

  /** A page of a user's sessions, each with its state. */
  listOfUser: listOf("s.app_name = $1 AND s.user_id = $2 AND s.ordinal > $3", 4),

  /** Locks a session against changes by others; no row without one. */
  lockSession: `SELECT incarnation FROM $schema.sessions WHERE ${KEY} FOR NO KEY UPDATE`,

  /** Newest token of a lease, which nobody takes until the transaction ends. */
  leaseToken: `SELECT token FROM $schema.leases WHERE ${KEY} AND name = $4 FOR SHARE`,

  /** The session's own state; what reaches further stays. */
  deleteState: `DELETE FROM $schema.state WHERE ${KEY}`,

  /** A session; what refers to it goes with it: events, folds, leases. */
  deleteSession: `DELETE FROM $schema.sessions WHERE ${KEY}`,
} as const;

/**
 * What has no tenant: the statements of `setup`, which make tables or look at none of a tenant's, and those around a
 * transaction.
 */
export const OTHER_STATEMENTS = {
  begin: "BEGIN ISOLATION LEVEL READ COMMITTED",
  commit: "COMMIT",
  rollback: "ROLLBACK",
  /** One process at a time sets a schema up; the lock goes with the transaction. */
  lockSetup: "SELECT pg_advisory_xact_lock(hashtextextended('sessionfold.' || $1, 0))",
  encoding: "SELECT current_setting('server_encoding') AS encoding",
  schemaExists: "SELECT to_regnamespace($1) IS NOT NULL AS exists",
  createSchema: "CREATE SCHEMA $schema",
  tableExists: "SELECT to_regclass($1) IS NOT NULL AS exists",
  createMigrations:
    "CREATE TABLE $schema.migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
  version: "SELECT max(version) AS version FROM $schema.migrations",
  setVersion: "INSERT INTO $schema.migrations (version) VALUES ($1)",
} as const;

/** Name of a statement, or of a step of a migration. */
export type StatementName =
  | keyof typeof STATEMENTS
  | keyof typeof OTHER_STATEMENTS
  | `migration ${number}.${number}`;

/** What a statement of a migration is called. */
export function migrationStep(version: number, at: number): StatementName {
  return `migration ${version}.${at}`;
}

/** The texts of all statements for a schema, by name. */
export function statementsFor(quotedSchema: string): ReadonlyMap<StatementName, string> {
  const steps = MIGRATIONS.flatMap(({ version, statements }) =>
    statements.map((text, at) => [migrationStep(version, at), text] as const),
  );
  const all = [...Object.entries(STATEMENTS), ...Object.entries(OTHER_STATEMENTS), ...steps];
  return new Map(
    all.map(([name, text]) => [name as StatementName, text.replaceAll("$schema", () => quotedSchema)]),
  );
}
