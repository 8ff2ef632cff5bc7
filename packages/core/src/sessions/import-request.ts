import { eventFromJson } from "../events/event-json.ts";
import { keyOf, type SessionKey } from "../events/session-key.ts";
import { ConfigurationError, InvalidEventError } from "../shared/errors.ts";
import { describe, requireObject } from "../shared/validate.ts";
import type { ImportSessionRequest } from "./store-capabilities.ts";

/** Behind it there is still room for as many positions again, before numbers stop being exact. */
const LAST_POSITION = 2 ** 52;

/**
 * A request to take over a session, checked and copied.
 * @throws ConfigurationError, InvalidEventError that name the field, what was expected and what came.
 */
export function checkedImport(
  request: ImportSessionRequest,
): ImportSessionRequest & { readonly key: SessionKey } {
  requireObject("request", request);
  const key = keyOf(request);
  const { state, events, lastUpdateTime } = request;
  requireObject("state", state);
  if (!Number.isFinite(lastUpdateTime)) {
    throw new ConfigurationError(
      `Expected \`lastUpdateTime\` to be milliseconds since the epoch, got ${describe(lastUpdateTime)}`,
    );
  }
  if (!Array.isArray(events))
    throw new ConfigurationError(`Expected \`events\` to be a list, got ${describe(events)}`);
  const ids = new Set<string>();
  let last = -1;
  const copies = events.map((event, at) => {
    const copy = eventFromJson(event);
    if (!Number.isInteger(copy.seq) || copy.seq <= last || copy.seq > LAST_POSITION) {
      throw new InvalidEventError(
        `Expected \`events[${at}].seq\` to be an integer above ${last} and at most 2^52, got ${describe(copy.seq)}`,
      );
    }
    if (ids.has(copy.id))
      throw new InvalidEventError(`Expected \`events[${at}].id\` to be of one event only, got it twice`);
    ids.add(copy.id);
    last = copy.seq;
    return copy;
  });
  return { ...key, key, state, events: copies, lastUpdateTime };
}
