import { eventFromJson, eventToJson, timeOf } from "../events/event-json.ts";
import type { SessionEvent } from "../events/session-event.ts";
import { keyOf, type SessionKey, type SessionRef } from "../events/session-key.ts";
import { ConfigurationError, SessionNotFoundError, StoredDataError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";
import { inLogOrder } from "../summaries/fold.ts";
import type { SessionService } from "./session-service.ts";
import { isSessionState } from "./state-scopes.ts";

/** Version of the form of an export. */
export const EXPORT_FORMAT = 1;

/** What the first line of an export holds, in this order. */
export interface ExportHeader {
  /** Version of the form. */
  readonly sessionfold: number;
  readonly appName: string;
  readonly userId: string;
  readonly sessionId: string;
  /** State of the session itself, by key. What it shares with others of its app and user stays there. */
  readonly state: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. */
  readonly lastUpdateTime: number;
  /** How many lines follow, so that an export which was cut off is known as such. */
  readonly events: number;
}

/**
 * A session as lines of JSON, each with its line end: a header, then every entry of the log with its position, summaries and
 * marks included. The same session gives the same bytes, whatever service holds it. `importSession` reads it.
 * @throws ConfigurationError; while it is read SessionNotFoundError, StoredDataError for an entry that cannot be written as JSON
 */
export function exportSession(service: SessionService, session: SessionRef): AsyncIterable<string> {
  if (typeof (service as Partial<SessionService> | null)?.getSession !== "function")
    throw new ConfigurationError(`Expected \`service\` to be a session service, got ${describe(service)}`);
  return linesOf(service, keyOf(session));
}

async function* linesOf(service: SessionService, key: SessionKey): AsyncGenerator<string, void, undefined> {
  const found = await service.getSession({ ...key, view: "full" });
  if (found === null || found === undefined) throw new SessionNotFoundError(key.sessionId);
  const { state, events, lastUpdateTime } = found;
  const own = Object.entries(state ?? {}).filter(([name]) => isSessionState(name));
  yield line("the state of the session", () => ({
    sessionfold: EXPORT_FORMAT,
    appName: key.appName,
    userId: key.userId,
    sessionId: key.sessionId,
    state: Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))),
    lastUpdateTime: timeOf(lastUpdateTime),
    events: events.length,
  }));
  // Some services tell their events in another order than that of the log.
  const inOrder = events.map((event, at) => eventFromJson(event, at)).sort(inLogOrder);
  // And some derive positions that lie between two others. Stores count.
  const isCounted = inOrder.every(({ seq }) => Number.isSafeInteger(seq) && seq >= 0);
  const log = isCounted ? inOrder : inOrder.map((event, at) => ({ ...event, seq: at }));
  for (const event of log) yield line(`the event at position ${event.seq}`, () => eventToJson(asRead(event)));
}

/** The event as a store that keeps JSON would hand it out: one that lies in memory may hold more than JSON does. */
function asRead(event: SessionEvent): SessionEvent {
  return eventFromJson(JSON.parse(JSON.stringify(eventToJson(event))));
}

/** Characters that some readers of lines take for the end of one, though JSON does not. */
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

function line(what: string, value: () => unknown): string {
  let json: string;
  try {
    json = JSON.stringify(value());
  } catch {
    // The engine's own error may quote keys.
    throw new StoredDataError(`Expected ${what} to be plain JSON, which it is not`);
  }
  return `${json.replace(LINE_ENDS, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}
