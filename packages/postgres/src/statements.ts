import { MIGRATIONS } from "./migrations.ts";

type TenantStatement =
  | "createSession"
  | "incarnation"
  | "getSession"
  | "listOfApp"
  | "listOfUser"
  | "appendEvent"
  | "whyNotAppended"
  | "lockSession"
  | "deleteState"
  | "deleteSession"
  | "deleteEvents"
  | "afterDeletion"
  | "dropFold"
  | "importEvents"
  | "readFolded"
  | "saveSnapshot"
  | "saveTokens"
  | "searchEvents"
  | "leaseToken"
  | "acquireLease"
  | "renewLease"
  | "releaseLease";

type OtherStatement =
  | "begin"
  | "commit"
  | "rollback"
  | "lockSetup"
  | "encoding"
  | "schemaExists"
  | "createSchema"
  | "tableExists"
  | "createMigrations"
  | "version"
  | "setVersion"
  | "trigramSchema"
  | "createTrigrams"
  | "searchIndex"
  | "createSearchIndex"
  | "createSearchIndexLate"
  | "dropSearchIndex"
  | "lockIndexing"
  | "unlockIndexing";

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
 * The index by which words are found; `$operators` stands for the quoted name of the schema that has its operators. What is
 * not yet in the index is looked through at every search, so that there is never much of it.
 */
const searchIndexMade = (how: string): string => `
CREATE INDEX ${how}events_text ON $schema.events
USING gin (search_text $operators.gin_trgm_ops) WITH (gin_pending_list_limit = 256)`;

/**
 * All statements but those of `setup`. Each finds its rows by the tenant's key, $1 to $3, or by what of it the call has.
 * `$schema` stands for the quoted name of the schema.
 */
export const STATEMENTS: Readonly<Record<TenantStatement, string>> = {
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

  /** Events by their ids; how many there were. */
  deleteEvents: `
WITH gone AS (DELETE FROM $schema.events WHERE ${KEY} AND id = ANY($4::text[]) RETURNING seq)
SELECT count(*) AS deleted FROM gone`,

  /** Where the log ends after events of it were deleted. */
  afterDeletion: `
UPDATE $schema.sessions
SET last_seq = COALESCE((SELECT max(e.seq) FROM $schema.events e WHERE ${OWN_ROWS("e")}), -1)
WHERE ${KEY}`,

  /** What was kept of a fold of a log that has changed since otherwise than at its end. */
  dropFold: `DELETE FROM $schema.folds WHERE ${KEY}`,

  /** Events of a session that is being imported, at their positions. */
  importEvents: `
INSERT INTO $schema.events (app_name, user_id, session_id, seq, id, format, body, search_text)
SELECT $1, $2, $3, n.seq, n.id, $4, n.body, n.search_text
FROM unnest($5::bigint[], $6::text[], $7::text[], $8::text[]) AS n (seq, id, body, search_text)`,

  /**
   * A session with the snapshot of its fold, the entries that this needs and those behind it; without a snapshot, or where
   * $5 is false, with all entries. Each entry that is needed is looked up by itself, and the order is asked for, so that the
   * index is the cheapest way also before the first ANALYZE.
   */
  readFolded: `${HEAD}
UNION ALL
SELECT 'fold', NULL, NULL, f.seq, NULL, f.snapshot FROM $schema.folds f WHERE ${OWN_ROWS("f")} AND $5
UNION ALL
SELECT 'event', NULL, CASE WHEN e.counter = $4 THEN e.tokens END, e.seq, e.format, e.body
FROM $schema.folds f
CROSS JOIN LATERAL unnest(f.keep) AS kept (seq)
CROSS JOIN LATERAL (
  SELECT * FROM $schema.events e WHERE ${OWN_ROWS("e")} AND e.seq = kept.seq OFFSET 0
) AS e
WHERE ${OWN_ROWS("f")} AND $5
UNION ALL
(SELECT 'event', NULL, CASE WHEN e.counter = $4 THEN e.tokens END, e.seq, e.format, e.body
FROM $schema.events e
WHERE ${OWN_ROWS("e")}
  AND e.seq > COALESCE((SELECT f.seq FROM $schema.folds f WHERE ${OWN_ROWS("f")} AND $5), -1)
ORDER BY e.seq)`,

  /** Keeps a snapshot, unless a later one is kept or the session is another one by now. */
  saveSnapshot: `
INSERT INTO $schema.folds (app_name, user_id, session_id, seq, keep, snapshot)
SELECT $1, $2, $3, $5, $6::bigint[], $7
FROM $schema.sessions s WHERE ${OWN_ROWS("s")} AND s.incarnation = $4
FOR KEY SHARE
ON CONFLICT (app_name, user_id, session_id)
DO UPDATE SET seq = excluded.seq, keep = excluded.keep, snapshot = excluded.snapshot
WHERE folds.seq <= excluded.seq`,

  /** Keeps counts of tokens by event id, unless the session is another one by now. */
  saveTokens: `
UPDATE $schema.events e SET counter = $5, tokens = n.tokens
FROM unnest($6::text[], $7::double precision[]) AS n (id, tokens)
WHERE ${OWN_ROWS("e")} AND e.id = n.id
  AND (e.counter IS DISTINCT FROM $5 OR e.tokens IS DISTINCT FROM n.tokens)
  AND EXISTS (SELECT FROM $schema.sessions s WHERE ${OWN_ROWS("s")} AND s.incarnation = $4)`,

  /** Entries before a position whose text has all patterns in it, latest first. The longest pattern is for the index. */
  searchEvents: `
SELECT e.seq, e.format, e.body
FROM $schema.events e
WHERE ${OWN_ROWS("e")} AND e.seq < $4 AND e.search_text LIKE $5 AND e.search_text LIKE ALL ($6::text[])
ORDER BY e.seq DESC LIMIT $7`,

  /** A lease if it is free, by the database's clock, and whether there is a session. Tokens of one sequence never repeat. */
  acquireLease: `
WITH session AS (
  SELECT FROM $schema.sessions WHERE ${KEY}
), granted AS (
  INSERT INTO $schema.leases AS l (app_name, user_id, session_id, name, token, expires_at)
  SELECT $1, $2, $3, $4, nextval('$schema.lease_tokens'), clock_timestamp() + $5 * interval '1 millisecond'
  FROM session
  ON CONFLICT (app_name, user_id, session_id, name)
  DO UPDATE SET token = nextval('$schema.lease_tokens'),
    expires_at = clock_timestamp() + $5 * interval '1 millisecond'
  WHERE l.expires_at <= clock_timestamp()
  RETURNING token
)
SELECT (SELECT count(*) FROM session) AS sessions, (SELECT token FROM granted) AS token`,

  /** Holds a lease for longer, unless another has taken it or it was released. */
  renewLease: `
UPDATE $schema.leases SET expires_at = clock_timestamp() + $6 * interval '1 millisecond'
WHERE ${KEY} AND name = $4 AND token = $5 AND expires_at > '-infinity'
RETURNING token`,

  /** Gives a lease back, if it is still the newest one. */
  releaseLease: `
UPDATE $schema.leases SET expires_at = '-infinity' WHERE ${KEY} AND name = $4 AND token = $5`,

  /** Newest token of a lease, which nobody takes until the transaction ends. */
  leaseToken: `SELECT token FROM $schema.leases WHERE ${KEY} AND name = $4 FOR SHARE`,

  /** The session's own state; what reaches further stays. */
  deleteState: `DELETE FROM $schema.state WHERE ${KEY}`,

  /** A session; what refers to it goes with it: events, folds, leases. */
  deleteSession: `DELETE FROM $schema.sessions WHERE ${KEY}`,
};

/**
 * What has no tenant: the statements of `setup`, which make tables or look at none of a tenant's, and those around a
 * transaction.
 */
export const OTHER_STATEMENTS: Readonly<Record<OtherStatement, string>> = {
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
  /** Where the operators for an index over parts of words are, if the extension that has them is there. */
  trigramSchema: `
SELECT quote_ident(n.nspname) AS schema
FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace JOIN pg_am a ON a.oid = c.opcmethod
WHERE c.opcname = 'gin_trgm_ops' AND a.amname = 'gin'`,
  createTrigrams: "CREATE EXTENSION IF NOT EXISTS pg_trgm",
  /** Whether the index is whole: what is left of a build that was cut off is not. No row without one. */
  searchIndex: "SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)",
  createSearchIndex: searchIndexMade(""),
  /** Takes longer, and makes no writer wait. No part of a transaction. */
  createSearchIndexLate: searchIndexMade("CONCURRENTLY "),
  dropSearchIndex: "DROP INDEX CONCURRENTLY $schema.events_text",
  lockIndexing: "SELECT pg_try_advisory_lock(hashtextextended('sessionfold.index.' || $1, 0)) AS taken",
  unlockIndexing: "SELECT pg_advisory_unlock(hashtextextended('sessionfold.index.' || $1, 0))",
};

/** Name of a statement, or of a step of a migration. */
export type StatementName = TenantStatement | OtherStatement | `migration ${number}.${number}`;

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
