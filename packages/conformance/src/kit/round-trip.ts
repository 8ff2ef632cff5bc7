import { createEvent, type EventInput, type SessionService } from "@sessionfold/core";
import { equal, holds } from "../asserts/asserts.ts";
import { appendAll, asJson, fullOf, KEY } from "./reading.ts";
import { START } from "./said.ts";

/** Appends the events to a new session and reads them back: each must be what was handed in. */
export async function roundTrip(service: SessionService, events: readonly EventInput[]): Promise<void> {
  await service.createSession(KEY);
  const given = events.map((event) => ({ timestamp: START, ...event }));
  await appendAll(service, given);
  await hold(service, given);
}

/** Expects each of the events, which carry their times, to be stored as it was handed in. */
export async function hold(service: SessionService, given: readonly EventInput[]): Promise<void> {
  const stored = new Map((await fullOf(service)).events.map((event) => [event.id, event]));
  for (const event of given) {
    const found = stored.get(event.id ?? "");
    holds(found !== undefined, `Expected the event "${event.id}" to be stored`);
    equal(asJson(found), asJson(createEvent(event, 0, () => START)), `The event "${event.id}"`);
  }
}
