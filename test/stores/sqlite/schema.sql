CREATE TRIGGER events_deleted AFTER DELETE ON events BEGIN
    DELETE FROM event_text WHERE rowid = old.row;
    UPDATE purges SET due = due + 1;
  END;

CREATE VIRTUAL TABLE event_text USING fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
  );

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

CREATE TABLE purges (due INTEGER NOT NULL, done INTEGER NOT NULL) STRICT;

CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT;

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

CREATE TABLE state (
    row INTEGER PRIMARY KEY,
    app_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (app_name, user_id, session_id, name)
  ) STRICT;

CREATE INDEX sessions_of_app ON sessions (app_name, ordinal);

CREATE INDEX sessions_of_user ON sessions (app_name, user_id, ordinal);
