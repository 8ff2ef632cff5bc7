import type { StoredMessage } from "@langchain/core/messages";
import { systemClock } from "../shared/clock.ts";
import { InvalidEventError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";
import { createEvent, type EventInput } from "./create-event.ts";
import { messageToJson } from "./message-json.ts";
import type { EventActions, SessionEvent } from "./session-event.ts";

/** An event as plain JSON; the message in LangChain's stored form. */
export interface EventJson {
  readonly id: string;
  readonly seq: number;
  readonly author: string;
  readonly message?: StoredMessage;
  readonly invocationId?: string;
  readonly branch?: string;
  readonly timestamp: number;
  readonly actions: EventActions;
}

/** The event as plain JSON, for stores and exports. */
export function eventToJson(event: SessionEvent): EventJson {
  const { message, partial: _, ...rest } = event;
  return { ...rest, ...(message && { message: messageToJson(message) }) };
}

/**
 * The event that `eventToJson` wrote, also after a trip through JSON, a structured clone or a store that kept
 * only plain fields. An event that is whole already is taken over as it is.
 * @throws InvalidEventError when a field is not what it must be.
 */
export function eventFromJson(json: unknown, fallbackSeq?: number): SessionEvent {
  if (typeof json !== "object" || json === null) {
    throw new InvalidEventError(`Expected \`event\` to be an object, got ${describe(json)}`);
  }
  const input = json as EventInput & { seq?: unknown };
  const given: unknown = input.seq ?? fallbackSeq;
  const seq = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
  if (typeof seq !== "number" || !Number.isFinite(seq)) {
    throw new InvalidEventError(`Expected \`event.seq\` to be a number, got ${describe(given)}`);
  }
  // A new id at every read would make every read a new event.
  if (typeof input.id !== "string" || input.id === "") {
    throw new InvalidEventError(
      `Expected \`event.id\` of a stored event to be a string with text in it, got ${describe(input.id)}`,
    );
  }
  return createEvent({ ...input, timestamp: timeOf(input.timestamp) }, seq, systemClock);
}

/** Stores write times in many ways. An event whose time cannot be read is still an event: its place is its position. */
export function timeOf(value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const parsed = value instanceof Date ? value.getTime() : typeof value === "string" ? Date.parse(value) : 0;
  return Number.isNaN(parsed) ? 0 : parsed;
}
