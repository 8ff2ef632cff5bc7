import { eventFromJson } from "../events/event-json.ts";
import type { SessionEvent } from "../events/session-event.ts";
import { keyOf, type SessionKey, type SessionRef } from "../events/session-key.ts";
import { isSessionfoldError, StoredDataError, UnsupportedError } from "../shared/errors.ts";
import { describe, requireObject } from "../shared/validate.ts";
import { type ExportChunks, linesOf, type NumberedLine } from "./export-lines.ts";
import { EXPORT_FORMAT, type ExportHeader } from "./export-session.ts";
import type { SessionService } from "./session-service.ts";
import { isSessionState } from "./state-scopes.ts";
import { canImport } from "./store-capabilities.ts";

/** Options of `importSession`. */
export interface ImportOptions {
  /** Under which key the session is stored. Default: that of the session which was exported. */
  readonly key?: SessionRef | undefined;
}

/**
 * Stores the session that `exportSession` wrote, whole or not at all, and returns its key. Takes the export as lines, with or
 * without line ends, or as chunks of any cut, bytes included. Changes of state that its events carry are not applied again:
 * the state of the app and of the user stays as it is. Under another id of a session, its summaries name that one.
 * @throws UnsupportedError where the service takes over no sessions, StoredDataError that names the line which is not what it
 * must be, SessionExistsError
 */
export async function importSession(
  service: SessionService,
  lines: ExportChunks,
  options: ImportOptions = {},
): Promise<SessionKey> {
  requireObject("options", options);
  const asked = options.key === undefined ? undefined : keyOf(options.key);
  if (typeof service !== "object" || service === null || !canImport(service))
    throw new UnsupportedError("The session service takes over no sessions, so none can be imported");
  const { header, events } = await readExport(linesOf(lines));
  const key = asked ?? keyOf(header);
  const { state, lastUpdateTime } = header;
  const own = events.map((event) => inSession(event, header.sessionId, key.sessionId));
  await service.importSession({ ...key, state, events: own, lastUpdateTime });
  return key;
}

async function readExport(
  lines: AsyncIterable<NumberedLine>,
): Promise<{ readonly header: ExportHeader; readonly events: readonly SessionEvent[] }> {
  let header: ExportHeader | undefined;
  const events: SessionEvent[] = [];
  const ids = new Set<string>();
  for await (const { number, text } of lines) {
    const json = parsed(text, number);
    if (header === undefined) {
      header = headerOf(json, number);
      continue;
    }
    const event = eventOf(json, number);
    const last = events.at(-1)?.seq ?? -1;
    if (!Number.isInteger(event.seq) || event.seq <= last)
      throw wrong(number, "seq", `an integer above ${last}`, event.seq);
    if (ids.has(event.id))
      throw new StoredDataError(`Expected \`id\` in line ${number} of the export to be new`);
    ids.add(event.id);
    events.push(event);
  }
  if (header === undefined) throw new StoredDataError("Expected the export to have a first line, got none");
  if (events.length !== header.events) {
    throw new StoredDataError(
      `Expected the export to have the ${header.events} events that its first line tells of, got ${events.length}`,
    );
  }
  return { header, events };
}

function parsed(text: string, number: number): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text.trim());
  } catch {
    // The engine's own error quotes the text.
    throw new StoredDataError(`Expected line ${number} of the export to be JSON, which it is not`);
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json))
    return json as Record<string, unknown>;
  throw new StoredDataError(`Expected line ${number} of the export to be an object, got ${describe(json)}`);
}

function headerOf(json: Record<string, unknown>, number: number): ExportHeader {
  const { sessionfold, state, lastUpdateTime, events, ...rest } = json;
  if (!Number.isInteger(sessionfold))
    throw wrong(number, "sessionfold", "the version of an export's form", sessionfold);
  if (sessionfold !== EXPORT_FORMAT) {
    throw new StoredDataError(
      `Expected \`sessionfold\` in line ${number} of the export to be ${EXPORT_FORMAT}, got ${String(sessionfold)}: it was written by a newer version`,
    );
  }
  for (const field of ["appName", "userId", "sessionId"] as const) {
    if (typeof rest[field] !== "string" || rest[field] === "")
      throw wrong(number, field, "a string with text in it", rest[field]);
  }
  if (typeof state !== "object" || state === null || Array.isArray(state))
    throw wrong(number, "state", "an object", state);
  if (!Object.keys(state).every(isSessionState))
    throw wrong(number, "state", "that of the session alone, without app:, user: and temp: keys", state);
  if (typeof lastUpdateTime !== "number")
    throw wrong(number, "lastUpdateTime", "milliseconds since the epoch", lastUpdateTime);
  if (!Number.isInteger(events)) throw wrong(number, "events", "how many events follow", events);
  return json as unknown as ExportHeader;
}

function eventOf(json: Record<string, unknown>, number: number): SessionEvent {
  if (typeof json.seq !== "number") throw wrong(number, "seq", "a position", json.seq);
  if (json.partial === true)
    throw wrong(number, "partial", "absent, since pieces of a stream are not stored", true);
  try {
    return eventFromJson(json);
  } catch (cause) {
    if (!isSessionfoldError(cause)) throw cause;
    throw new StoredDataError(`Line ${number} of the export is no event: ${cause.message}`, { cause });
  }
}

/** The event as one of the session of that id: the record of a summary names the session that it belongs to. */
function inSession(event: SessionEvent, from: string, to: string): SessionEvent {
  const summary = event.actions.summary as { readonly sessionId?: unknown } | null | undefined;
  if (from === to || typeof summary !== "object" || summary?.sessionId !== from) return event;
  return { ...event, actions: { ...event.actions, summary: { ...summary, sessionId: to } } };
}

function wrong(number: number, field: string, expected: string, got: unknown): StoredDataError {
  return new StoredDataError(
    `Expected \`${field}\` in line ${number} of the export to be ${expected}, got ${describe(got)}`,
  );
}
