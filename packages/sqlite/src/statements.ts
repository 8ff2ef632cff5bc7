/**
 * Every statement on stored sessions. All of them are bound to the keys they are for, and take values as parameters only;
 * the tests go over this list.
 */

const OF_SESSION = "app_name = :app AND user_id = :user AND session_id = :session";

/** Makes a session. */
export const ADD_SESSION: string = `INSERT INTO sessions
  (app_name, user_id, session_id, incarnation, next_seq, last_update_time)
  VALUES (:app, :user, :session, :incarnation, :nextSeq, :time)`;

/** A session without its state and log. */
export const FIND_SESSION: string = `SELECT incarnation, next_seq AS nextSeq, last_update_time AS lastUpdateTime
  FROM sessions WHERE ${OF_SESSION}`;

/** What a session's log folded to when somebody last said so. */
export const FIND_SNAPSHOT: string = `SELECT snapshot FROM sessions WHERE ${OF_SESSION}`;

/** Keeps what a log folds to. */
export const SET_SNAPSHOT: string = `UPDATE sessions SET snapshot = :snapshot WHERE ${OF_SESSION}`;

/** Counts an append. */
export const TOUCH_SESSION: string = `UPDATE sessions SET next_seq = :nextSeq, last_update_time = :time
  WHERE ${OF_SESSION}`;

const LISTED = `SELECT ordinal, user_id AS userId, session_id AS sessionId, incarnation,
  last_update_time AS lastUpdateTime FROM sessions`;

/** A page of an app's sessions. */
export const LIST_SESSIONS_OF_APP: string = `${LISTED}
  WHERE app_name = :app AND ordinal > :after ORDER BY ordinal LIMIT :limit`;

/** A page of a user's sessions. */
export const LIST_SESSIONS_OF_USER: string = `${LISTED}
  WHERE app_name = :app AND user_id = :user AND ordinal > :after ORDER BY ordinal LIMIT :limit`;

/** Deletes a session, and with it its events and leases. */
export const DELETE_SESSION: string = `DELETE FROM sessions WHERE ${OF_SESSION}`;

/** Stores an event. */
export const ADD_EVENT: string = `INSERT INTO events (app_name, user_id, session_id, seq, id, format, body)
  VALUES (:app, :user, :session, :seq, :id, :format, :body)`;

/** Puts an event's text into the index. */
export const INDEX_EVENT: string = `INSERT INTO event_text (rowid, text)
  SELECT row, :text FROM events WHERE ${OF_SESSION} AND seq = :seq`;

const EVENT = "SELECT seq, id, format, body, counter, tokens FROM events";

/** The events behind a position. */
export const EVENTS_BEHIND: string = `${EVENT} WHERE ${OF_SESSION} AND seq > :seq ORDER BY seq`;

/** The event at a position. */
export const EVENT_AT: string = `${EVENT} WHERE ${OF_SESSION} AND seq = :seq`;

/** The event of an id. */
export const EVENT_BY_ID: string = `${EVENT} WHERE ${OF_SESSION} AND id = :id`;

/** Position of the last event that is there. */
export const LAST_SEQ: string = `SELECT seq FROM events WHERE ${OF_SESSION} ORDER BY seq DESC LIMIT 1`;

/** Deletes an event. */
export const DELETE_EVENT: string = `DELETE FROM events WHERE ${OF_SESSION} AND id = :id`;

/** Keeps a token count. */
export const SET_TOKENS: string = `UPDATE events SET counter = :counter, tokens = :tokens
  WHERE ${OF_SESSION} AND id = :id`;

/** A session's state with that of its user and app, each in the order in which it was first written. */
export const FIND_STATE: string = [
  "'' AND session_id = ''",
  ":user AND session_id = ''",
  ":user AND session_id = :session",
]
  .map(
    (owner) => `SELECT row, user_id = '' AS isApp, session_id = '' AS isShared, name, value FROM state
  WHERE app_name = :app AND user_id = ${owner}`,
  )
  .join("\n  UNION ALL ")
  .concat("\n  ORDER BY row");

/** State of several owners of one app, each `[user, session]`, empty for all; in the order in which it was first written. */
export const FIND_STATES: string = `SELECT owner.key AS owner, name, state.value AS value
  FROM json_each(:owners) AS owner CROSS JOIN state
  WHERE app_name = :app AND user_id = owner.value ->> 0 AND session_id = owner.value ->> 1
  ORDER BY row`;

/** Writes an entry of state. */
export const SET_STATE: string = `INSERT INTO state (app_name, user_id, session_id, name, value)
  VALUES (:app, :user, :session, :name, :value)
  ON CONFLICT (app_name, user_id, session_id, name) DO UPDATE SET value = excluded.value`;

/** Deletes a session's own state. */
export const DELETE_STATE: string = `DELETE FROM state WHERE ${OF_SESSION}`;

/** The latest lease of a name. */
export const FIND_LEASE: string = `SELECT token, expires_at AS expiresAt, ttl_ms AS ttlMs FROM leases
  WHERE ${OF_SESSION} AND name = :name`;

/** Grants a lease, with a token that none before it had. */
export const ADD_LEASE: string = `INSERT OR REPLACE INTO leases (app_name, user_id, session_id, name, expires_at, ttl_ms)
  VALUES (:app, :user, :session, :name, :now + :ttlMs, :ttlMs) RETURNING token`;

/** Renews a lease that is still the latest and was not given back. */
export const RENEW_LEASE: string = `UPDATE leases SET expires_at = :now + :ttlMs, ttl_ms = :ttlMs
  WHERE ${OF_SESSION} AND name = :name AND token = :token AND expires_at IS NOT NULL`;

/** Gives a lease back if it is still the latest. */
export const RELEASE_LEASE: string = `UPDATE leases SET expires_at = NULL
  WHERE ${OF_SESSION} AND name = :name AND token = :token`;

/** Between which rows a session's latest events before a position lie, how many they are, and where the first of them stands. */
export const ROWS_BEFORE: string = `SELECT min(row) AS first, max(row) AS last, count(*) AS count, min(seq) AS seq
  FROM (SELECT row, seq FROM events WHERE ${OF_SESSION} AND seq < :seq ORDER BY seq DESC LIMIT :limit)`;

/** Events between two rows whose text may match, latest first. */
export const MATCHING_EVENTS: string = `SELECT seq, id, format, body
  FROM event_text CROSS JOIN events ON events.row = event_text.rowid
  WHERE event_text MATCH :match AND event_text.rowid BETWEEN :first AND :last AND ${OF_SESSION}
  ORDER BY event_text.rowid DESC LIMIT :limit`;

/** Events before a position, latest first. */
export const EVENTS_BEFORE: string = `SELECT seq, id, format, body FROM events
  WHERE ${OF_SESSION} AND seq < :seq ORDER BY seq DESC LIMIT :limit`;

/** How many deletions there were, and after how many of them the index was last merged. Of no session: two numbers for the file. */
export const FIND_PURGES: string = "SELECT due, done FROM purges";

/** Notes that the index was merged. Of no session, as above. */
export const ADD_PURGED: string = "UPDATE purges SET done = max(done, :done)";

/** Merges the index. Of no session: it changes nothing that anybody finds. */
export const MERGE_INDEX: string = "INSERT INTO event_text (event_text, rank) VALUES ('merge', :pages)";

/** Rows that the connection has changed so far. Of no session: it reads no table. */
export const COUNT_CHANGES: string = "SELECT total_changes() AS changes";

/** Writes the log of changes into the file and empties it. Of no session: it changes nothing that anybody finds. */
export const TRUNCATE_LOG: string = "PRAGMA wal_checkpoint(TRUNCATE)";
