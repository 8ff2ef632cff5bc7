import { type EventJson, eventFromJson, eventToJson } from "../events/event-json.ts";
import type { SessionEvent } from "../events/session-event.ts";
import { errorName, StoredDataError } from "../shared/errors.ts";

/** Version of the form in which new events are written. */
export const EVENT_FORMAT = 1;

/** Readers of every form that was ever written, by its version. A new form gets one more; none is ever taken away. */
const READERS: Readonly<Record<number, (body: string) => unknown>> = {
  1: (body) => JSON.parse(body) as EventJson,
};

/** An event as a store writes it: JSON, whose `seq` is left out, since the store's own column has it. */
export function eventBody(event: SessionEvent): string {
  const { seq: _, ...rest } = eventToJson(event);
  return JSON.stringify(rest);
}

/**
 * The event of a row.
 * @throws StoredDataError for a version that no reader is for, or a body that is none.
 */
export function eventOfRow(row: {
  readonly seq: number;
  readonly format: number;
  readonly body: string;
}): SessionEvent {
  const read = READERS[row.format];
  if (read === undefined) {
    throw new StoredDataError(
      `Expected \`format\` of a stored event to be one of ${Object.keys(READERS).join(", ")}, got ${row.format}: it was written by a newer version`,
    );
  }
  try {
    return eventFromJson({ ...(read(row.body) as object), seq: row.seq });
  } catch (error) {
    // Without its cause: the error of JSON quotes what is stored.
    throw new StoredDataError(`The stored event at position ${row.seq} cannot be read (${errorName(error)})`);
  }
}
