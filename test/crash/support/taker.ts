import { createEvent } from "@sessionfold/core/storage";
import { entry } from "./conversation.ts";
import { openPlace } from "./place.ts";
import { takenKey } from "./taken-sessions.ts";
import { ENTRIES, SESSIONS_LEFT, type TakerJob, type TakerTold } from "./taker-told.ts";
import { hearing, tell } from "./telling.ts";

/** A process that takes over whole sessions, and deletes them later, until it is killed. */

const say: (line: TakerTold) => void = tell;
const next = hearing();
say({ kind: "ready" });
const { place, from } = (await next()) as TakerJob;
const store = await openPlace(place);
const events = Array.from({ length: ENTRIES }, (_, at) => createEvent(entry(at), at, () => 0));
for (let at = from; ; at++) {
  say({ kind: "taking", at });
  await store.importSession({ ...takenKey(at), state: { at }, events, lastUpdateTime: at });
  say({ kind: "taken", at });
  const old = at - SESSIONS_LEFT;
  if (old < 0) continue;
  say({ kind: "deleting", at: old });
  await store.deleteSession(takenKey(old));
  say({ kind: "deleted", at: old });
}
