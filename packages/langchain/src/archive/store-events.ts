import {
  isSessionfoldError,
  type SessionEvent,
  type SessionKey,
  type SessionService,
  SessionSummary,
} from "@sessionfold/core";
import { digestOf } from "../messages/message-digest.ts";

/** No service has an entry behind it: only whether the session is there is asked. */
const NOTHING = Number.MAX_SAFE_INTEGER;

/**
 * Appends what is archived, in order. Repeated after a crash it stores nothing twice. A message whose id stands there with
 * other content (it was edited after it was stored) gets an id of its own.
 */
export async function storeEvents(
  sessions: SessionService,
  key: SessionKey,
  events: readonly SessionEvent[],
): Promise<void> {
  await ensureSession(sessions, key);
  const storedAs = new Map<string, string>();
  const seqOf = new Map<string, number>();
  const append = async (event: SessionEvent): Promise<SessionEvent | undefined> =>
    (await sessions.appendEvent({ session: key, event, fold: false })) as SessionEvent | undefined;
  let last = 0;
  for (const event of events) {
    if (event.actions.summary !== undefined) {
      await append(inStore(event, storedAs, seqOf, last));
      continue;
    }
    let stored = await append(event);
    if (isOther(stored, event)) {
      const id = `${event.id}@${digestOf(event.message as never).toString(36)}`;
      stored = await append({ ...event, id });
      storedAs.set(event.id, id);
    }
    last = stored?.seq ?? last;
    seqOf.set(event.id, last);
  }
}

async function ensureSession(sessions: SessionService, key: SessionKey): Promise<void> {
  if ((await sessions.getSession({ ...key, view: "full", afterSeq: NOTHING })) !== null) return;
  try {
    await sessions.createSession(key);
  } catch (error) {
    // Somebody else made it meanwhile.
    if (!isSessionfoldError(error) || error.code !== "session-exists") throw error;
  }
}

function isOther(stored: SessionEvent | undefined, event: SessionEvent): boolean {
  if (stored?.message === undefined || event.message === undefined) return false;
  return digestOf(stored.message) !== digestOf(event.message);
}

/** A summary's event with the ids and positions that its events have in the service. */
function inStore(
  event: SessionEvent,
  storedAs: ReadonlyMap<string, string>,
  seqOf: ReadonlyMap<string, number>,
  last: number,
): SessionEvent {
  const json = SessionSummary.fromJSON(event.actions.summary).toJSON();
  const { coverage } = json;
  const rename = (ids: readonly string[]): readonly string[] => ids.map((id) => storedAs.get(id) ?? id);
  const seqs = coverage.direct.flatMap((id) => seqOf.get(id) ?? []);
  const least = seqs.reduce((a, b) => Math.min(a, b), last);
  const summary = {
    ...json,
    coverage: {
      ...coverage,
      direct: rename(coverage.direct),
      omitted: rename(coverage.omitted),
      // Positions are those of the log that it stands in. What it replaces begins before it.
      fromSeq: coverage.replaces.length > 0 ? 0 : least,
      toSeq: seqs.reduce((a, b) => Math.max(a, b), least),
      planSeq: last,
    },
  };
  return { ...event, actions: { ...event.actions, summary } };
}
