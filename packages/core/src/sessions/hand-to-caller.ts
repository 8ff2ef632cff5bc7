import { copyEvent } from "../events/create-event.ts";
import type { SessionEvent } from "../events/session-event.ts";

/**
 * Puts a copy of a stored event into the session that the caller holds, and returns it. A new event is put there without
 * a look at what is there already; one that was stored before only where it is missing.
 */
export function handToCaller(
  session: { events?: SessionEvent[] },
  event: SessionEvent,
  isNew: boolean,
): SessionEvent {
  const copy = copyEvent(event);
  const { events } = session;
  if (
    Array.isArray(events) &&
    Object.isExtensible(events) &&
    (isNew || !events.some((known) => known.id === event.id))
  )
    events.push(copy);
  return copy;
}
