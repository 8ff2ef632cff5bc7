-- A database as version 1 of @sessionfold/postgres made it. It is never edited: every later version must open it.
CREATE SCHEMA sessionfold;
CREATE TABLE sessionfold.migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE sessionfold.sessions (
  app_name text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  incarnation text COLLATE "C" NOT NULL,
  ordinal bigint GENERATED ALWAYS AS IDENTITY,
  next_seq bigint NOT NULL,
  last_seq bigint NOT NULL,
  last_update_time double precision NOT NULL,
  PRIMARY KEY (app_name, user_id, session_id)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX sessions_of_app ON sessionfold.sessions (app_name, ordinal);
CREATE UNIQUE INDEX sessions_of_user ON sessionfold.sessions (app_name, user_id, ordinal);
CREATE TABLE sessionfold.events (
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
  FOREIGN KEY (app_name, user_id, session_id) REFERENCES sessionfold.sessions ON DELETE CASCADE
) WITH (fillfactor = 90);
CREATE TABLE sessionfold.state (
  app_name text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (app_name, user_id, session_id, name)
);
CREATE TABLE sessionfold.folds (
  app_name text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  keep bigint[] NOT NULL,
  snapshot text NOT NULL,
  PRIMARY KEY (app_name, user_id, session_id),
  FOREIGN KEY (app_name, user_id, session_id) REFERENCES sessionfold.sessions ON DELETE CASCADE
);
CREATE SEQUENCE sessionfold.lease_tokens AS bigint;
CREATE TABLE sessionfold.leases (
  app_name text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  token bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (app_name, user_id, session_id, name),
  FOREIGN KEY (app_name, user_id, session_id) REFERENCES sessionfold.sessions ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS events_text ON sessionfold.events
USING gin (search_text gin_trgm_ops) WITH (gin_pending_list_limit = 256);
INSERT INTO sessionfold.migrations (version) VALUES (1);
INSERT INTO sessionfold.sessions (app_name, user_id, session_id, incarnation, ordinal, next_seq, last_seq, last_update_time) OVERRIDING SYSTEM VALUE
VALUES ('shop', 'ada', 's1', '00000000-0000-4000-8000-000000000001', 1, 6, 5, 1795000000007);
INSERT INTO sessionfold.events (app_name, user_id, session_id, seq, id, format, body, search_text, counter, tokens)
VALUES ('shop', 'ada', 's1', 0, 'e0', 1, '{"id":"e0","author":"user","timestamp":1795000000001,"actions":{},"message":{"type":"human","data":{"content":"Guten Tag, NUL \u0000 und 🙂","additional_kwargs":{},"response_metadata":{}}}}', 'user: guten tag, nul  und 🙂', 'o200k', 9);
INSERT INTO sessionfold.events (app_name, user_id, session_id, seq, id, format, body, search_text, counter, tokens)
VALUES ('shop', 'ada', 's1', 1, 'e1', 1, '{"id":"e1","author":"clerk","invocationId":"i1","branch":"root.clerk","timestamp":1795000000002,"actions":{},"message":{"type":"ai","data":{"content":"Ich schaue nach.","tool_calls":[{"id":"c1","name":"look","args":{"q":"x"}}],"invalid_tool_calls":[],"additional_kwargs":{},"response_metadata":{}}}}', 'clerk [root.clerk]: ich schaue nach.
clerk [root.clerk]: called look {"q":"x"}', 'o200k', 7);
INSERT INTO sessionfold.events (app_name, user_id, session_id, seq, id, format, body, search_text)
VALUES ('shop', 'ada', 's1', 3, 'e3', 1, '{"id":"e3","author":"tool","timestamp":1795000000004,"actions":{},"message":{"type":"tool","data":{"content":"42","tool_call_id":"c1","additional_kwargs":{},"response_metadata":{}}}}', 'tool returned: 42');
INSERT INTO sessionfold.events (app_name, user_id, session_id, seq, id, format, body)
VALUES ('shop', 'ada', 's1', 4, 'sum', 1, '{"id":"sum","author":"system","timestamp":1795000000005,"actions":{"summary":{"id":"sum","sessionId":"s1","version":1,"text":"Ada grüßt.","coverage":{"direct":["e1","e3"],"replaces":[],"omitted":[],"fromSeq":1,"toSeq":3,"planSeq":3},"originalEventCount":4,"compressedEventCount":2,"compressionRatio":50,"originalTokens":20,"summaryTokens":5,"createdAt":1795000000005,"model":"extractive","trigger":"force","usage":null,"durationMs":3,"metadata":{}}}}');
INSERT INTO sessionfold.events (app_name, user_id, session_id, seq, id, format, body, search_text)
VALUES ('shop', 'ada', 's1', 5, 'e5', 1, '{"id":"e5","author":"user","timestamp":1795000000006,"actions":{},"message":{"type":"human","data":{"content":"Danke!","additional_kwargs":{},"response_metadata":{}}}}', 'user: danke!');
INSERT INTO sessionfold.state (app_name, user_id, session_id, name, value)
VALUES ('shop', '', '', 'app:plan', '"free"');
INSERT INTO sessionfold.state (app_name, user_id, session_id, name, value)
VALUES ('shop', 'ada', '', 'user:name', '"Ada"');
INSERT INTO sessionfold.state (app_name, user_id, session_id, name, value)
VALUES ('shop', 'ada', 's1', 'cart', '[1,{"of":"ü\u0000"}]');
INSERT INTO sessionfold.folds (app_name, user_id, session_id, seq, keep, snapshot)
VALUES ('shop', 'ada', 's1', 4, '{0,4}', '{"format":1,"seq":4,"keep":[0,4],"summaries":[{"id":"sum","status":"effective","position":1,"size":2,"covered":[],"omitted":[]}],"openCalls":[],"closedBy":null}');
SELECT setval('sessionfold.lease_tokens', 7);
INSERT INTO sessionfold.leases VALUES ('shop', 'ada', 's1', 'fold', 7, 'infinity');
SELECT setval(pg_get_serial_sequence('sessionfold.sessions', 'ordinal'), 1);
