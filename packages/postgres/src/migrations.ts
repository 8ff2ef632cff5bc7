/** A step of the schema. One that has landed is never edited. */
export interface Migration {
  readonly version: number;
  /** Run one by one, in one transaction with all of the step. `$schema` stands for the quoted name of the schema. */
  readonly statements: readonly string[];
}

// Names and ids are compared byte by byte: a collation that takes two of them for one would make one session of two.
// A row of `sessions` is rewritten at every append: the room left in its page keeps the new one beside the old one, and no
// index has to be touched.
const VERSION_1: readonly string[] = [
  `CREATE TABLE $schema.sessions (
  app_name text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  incarnation text COLLATE "C" NOT NULL,
  ordinal bigint GENERATED ALWAYS AS IDENTITY,
  next_seq bigint NOT NULL,
  last_seq bigint NOT NULL,
  last_update_time double precision NOT NULL,
  PRIMARY KEY (app_name, user_id, session_id)
) WITH (fillfactor = 70)`,
  "CREATE UNIQUE INDEX sessions_of_app ON $schema.sessions (app_name, ordinal)",
  "CREATE UNIQUE INDEX sessions_of_user ON $schema.sessions (app_name, user_id, ordinal)",
  `CREATE TABLE $schema.events (
  app_name text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  format integer NOT NULL,
  body text NOT NULL,
  search_text text COLLATE "C",
  counter text COLLATE "C",
  tokens double precision,
  PRIMARY KEY (app_name, user_id, session_id, seq),
  CONSTRAINT events_id UNIQUE (app_name, user_id, session_id, id),
  FOREIGN KEY (app_name, user_id, session_id) REFERENCES $schema.sessions ON DELETE CASCADE
) WITH (fillfactor = 90)`,
  `CREATE TABLE $schema.state (
  app_name text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (app_name, user_id, session_id, name)
)`,
  `CREATE TABLE $schema.folds (
  app_name text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  keep bigint[] NOT NULL,
  snapshot text NOT NULL,
  PRIMARY KEY (app_name, user_id, session_id),
  FOREIGN KEY (app_name, user_id, session_id) REFERENCES $schema.sessions ON DELETE CASCADE
)`,
  "CREATE SEQUENCE $schema.lease_tokens AS bigint",
  `CREATE TABLE $schema.leases (
  app_name text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  token bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (app_name, user_id, session_id, name),
  FOREIGN KEY (app_name, user_id, session_id) REFERENCES $schema.sessions ON DELETE CASCADE
)`,
];

/** All steps, in the order in which they are run. */
export const MIGRATIONS: readonly Migration[] = [{ version: 1, statements: VERSION_1 }];

/** Version of the schema that this code works with. */
export const SCHEMA_VERSION: number = MIGRATIONS.at(-1)?.version ?? 0;
