/**
 * `@sessionfold/core/storage`: what the durable stores are made of, for people who write another one. Run
 * `@sessionfold/conformance` on it. These names may change in a minor version.
 */

export { createEvent, type EventInput } from "../events/create-event.ts";
export { keyOf, type SessionKey } from "../events/session-key.ts";
export { checkedAfterSeq } from "../sessions/after-seq.ts";
export { handToCaller } from "../sessions/hand-to-caller.ts";
export { checkedImport } from "../sessions/import-request.ts";
export { type ListPage, listPage } from "../sessions/list-request.ts";
export { isSearchable, matchesWords, searchText } from "../sessions/search.ts";
export { withoutTemporaryState } from "../sessions/state-scopes.ts";
export { type Clock, systemClock } from "../shared/clock.ts";
export { randomId } from "../shared/ids.ts";
export { describe, requireObject, validate } from "../shared/validate.ts";
export { type FoldSnapshot, foldSnapshotSchema } from "../summaries/fold-snapshot.ts";
export { EVENT_FORMAT, eventBody, eventOfRow } from "./event-rows.ts";
export { type StateRow, type StateScope, stateOfRows, stateRows } from "./state-rows.ts";
