import {
  type EventInput,
  type EventJson,
  eventToJson,
  isConversationEvent,
  type Session,
  type SessionEvent,
  type SessionKey,
  type SessionService,
} from "@sessionfold/core";
import { holds } from "../asserts/asserts.ts";

/** The session that most rules work with. */
export const KEY: SessionKey = { appName: "app", userId: "user", sessionId: "session" };

/** Appends events one after the other. */
export async function appendAll(
  service: SessionService,
  events: readonly EventInput[],
  key: SessionKey = KEY,
): Promise<void> {
  for (const event of events) await service.appendEvent({ session: { ...key }, event });
}

/** The whole session, summaries and marks included. @throws ConformanceFailure where there is none. */
export async function fullOf(service: SessionService, key: SessionKey = KEY): Promise<Session> {
  const session = await service.getSession({ ...key, view: "full" });
  holds(
    session !== null && session !== undefined,
    `Expected getSession to find the session that was created`,
  );
  holds(Array.isArray(session.events), "Expected the session to carry its events as a list");
  return session;
}

/** What was said in the session, in log order: a folding service writes summaries between. */
export async function logOf(
  service: SessionService,
  key: SessionKey = KEY,
): Promise<readonly SessionEvent[]> {
  return (await fullOf(service, key)).events.filter(isConversationEvent);
}

/** The ids of what was said. */
export async function idsOf(service: SessionService, key: SessionKey = KEY): Promise<readonly string[]> {
  return (await logOf(service, key)).map(({ id }) => id);
}

/** The text of an event; "" without a message. */
export function textOf(event: SessionEvent | undefined): string {
  return event?.message?.text ?? "";
}

/** The event as plain JSON but for its position, which is the store's to give. */
export function asJson(event: SessionEvent): Omit<EventJson, "seq"> {
  const { seq: _, ...json } = eventToJson(event);
  return JSON.parse(JSON.stringify(json)) as Omit<EventJson, "seq">;
}

/** The ids of events that were handed in. */
export function idsIn(events: readonly EventInput[]): readonly string[] {
  return events.map(({ id }) => id ?? "");
}
