import { StoredDataError } from "@sessionfold/core";
import type { Connection } from "./connection.ts";

/**
 * What every version of the schema added, oldest first; a database has gone through all of them up to its version. None is
 * ever changed once it was released.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE sessions (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    app_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    next_seq INTEGER NOT NULL,
    last_update_time REAL NOT NULL,
    snapshot TEXT,
    UNIQUE (app_name, user_id, session_id)
  ) STRICT;
  CREATE INDEX sessions_of_app ON sessions (app_name, ordinal);
  CREATE INDEX sessions_of_user ON sessions (app_name, user_id, ordinal);

  CREATE TABLE events (
    row INTEGER PRIMARY KEY,
    app_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    format INTEGER NOT NULL,
    counter TEXT,
    tokens REAL,
    body TEXT NOT NULL,
    UNIQUE (app_name, user_id, session_id, seq),
    UNIQUE (app_name, user_id, session_id, id),
    FOREIGN KEY (app_name, user_id, session_id)
      REFERENCES sessions (app_name, user_id, session_id) ON DELETE CASCADE
  ) STRICT;

  -- An empty user_id stands for all users, an empty session_id for all sessions; keys are never empty.
  CREATE TABLE state (
    row INTEGER PRIMARY KEY,
    app_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (app_name, user_id, session_id, name)
  ) STRICT;

  -- The token is the row: AUTOINCREMENT gives none twice, whatever was deleted meanwhile.
  CREATE TABLE leases (
    token INTEGER PRIMARY KEY AUTOINCREMENT,
    app_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    name TEXT NOT NULL,
    expires_at REAL,
    ttl_ms REAL NOT NULL,
    UNIQUE (app_name, user_id, session_id, name),
    FOREIGN KEY (app_name, user_id, session_id)
      REFERENCES sessions (app_name, user_id, session_id) ON DELETE CASCADE
  ) STRICT;

  -- Trigrams of the events' texts by the events' rows, and nothing else of them.
  CREATE VIRTUAL TABLE event_text USING fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
  );
  -- Deleted rows leave trigrams in the index until it is merged, so it is counted whether that is due.
  CREATE TABLE purges (due INTEGER NOT NULL, done INTEGER NOT NULL) STRICT;
  INSERT INTO purges VALUES (0, 0);
  CREATE TRIGGER events_deleted AFTER DELETE ON events BEGIN
    DELETE FROM event_text WHERE rowid = old.row;
    UPDATE purges SET due = due + 1;
  END;
  `,
];

/** Tables that every version has. */
const OWN_TABLES = ["schema_version", "sessions", "events", "event_text"];

const FIND_NAMES = "SELECT name FROM sqlite_schema";
const FIND_TABLE = "SELECT 1 AS found FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'";
const FIND_VERSION = "SELECT max(version) AS version FROM schema_version";
const CREATE_TABLE = "CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT";
const ADD_VERSION = "INSERT INTO schema_version VALUES (:version)";

/** Changes nothing. @throws StoredDataError for a database that something else has made */
export function requireOwn(connection: Connection): void {
  const names = new Set(connection.all<{ name: string }>(FIND_NAMES).map(({ name }) => name));
  if (names.size > 0 && !OWN_TABLES.every((name) => names.has(name)))
    throw new StoredDataError(
      "Expected a new file or one of @sessionfold/sqlite, got a database of something else",
    );
}

/** Brings the schema of a database up to date. @throws StoredDataError for one that a newer version of this package wrote */
export function migrate(connection: Connection): void {
  for (let version = versionOf(connection); version < MIGRATIONS.length; version = versionOf(connection))
    connection.transaction("write", () => step(connection));
  const version = versionOf(connection);
  if (version > MIGRATIONS.length) {
    throw new StoredDataError(
      `Expected a database of version ${MIGRATIONS.length} or older, got version ${version}: it was written by a newer @sessionfold/sqlite`,
    );
  }
}

/** One version further, from where the database is now: another process may have been faster. */
function step(connection: Connection): void {
  const version = versionOf(connection);
  const migration = MIGRATIONS[version];
  if (migration === undefined) return;
  if (version === 0) connection.execute(CREATE_TABLE);
  connection.execute(migration);
  connection.run(ADD_VERSION, { version: version + 1 });
}

function versionOf(connection: Connection): number {
  if (connection.get(FIND_TABLE) === undefined) return 0;
  return connection.get<{ version: number | null }>(FIND_VERSION)?.version ?? 0;
}
