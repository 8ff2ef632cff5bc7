import type { BaseMessage } from "@langchain/core/messages";
import type { ModelRequest } from "langchain";
import { stampMessage, stampsOf } from "../messages/summary-records.ts";

/** A message that another middleware has put in for one call. */
export interface PassingMessage {
  readonly message: BaseMessage;
  /** Before which message of the conversation it stands; its length where it stands at the end. */
  readonly before: number;
}

/** A request's messages, told apart. */
export interface SplitRequest {
  /** What is the conversation's, as the request has it. */
  readonly messages: readonly BaseMessage[];
  /** The same as the state has it: another middleware may show the model something else in its place. */
  readonly originals: readonly BaseMessage[];
  readonly passing: readonly PassingMessage[];
}

/**
 * Tells the conversation from what other middleware has put into a request. What is in the state is the conversation, also
 * where the request has another text in its place; what is not was made for this call and belongs to no conversation.
 * Where none of the state is in the request, the request is the conversation.
 */
export function splitRequest({ messages, state }: Pick<ModelRequest, "messages" | "state">): SplitRequest {
  const kept: readonly BaseMessage[] = state.messages ?? [];
  if (messages === kept || isSameList(messages, kept)) return whole(messages);
  const places = placesIn(kept, messages);
  if (places.every((place) => place === undefined)) return whole(messages);
  const own: BaseMessage[] = [];
  const originals: BaseMessage[] = [];
  const passing: PassingMessage[] = [];
  for (const [at, message] of messages.entries()) {
    const original = kept[places[at] ?? -1];
    if (original === undefined) {
      passing.push({ message, before: own.length });
      continue;
    }
    own.push(inPlaceOf(original, message));
    originals.push(original);
  }
  return { messages: own, originals, passing };
}

function whole(messages: readonly BaseMessage[]): SplitRequest {
  return { messages, originals: messages, passing: [] };
}

function isSameList(messages: readonly BaseMessage[], kept: readonly BaseMessage[]): boolean {
  return messages.length === kept.length && messages.every((message, at) => message === kept[at]);
}

/** Where in the state each message of a request stands. */
function placesIn(
  kept: readonly BaseMessage[],
  messages: readonly BaseMessage[],
): readonly (number | undefined)[] {
  const known = new Map<unknown, number>();
  for (const [at, message] of kept.entries()) {
    known.set(message, at);
    if (message.id) known.set(message.id, at);
  }
  const places = messages.map((message) => {
    const place = known.get(message) ?? (message.id ? known.get(message.id) : undefined);
    const original = place === undefined ? undefined : kept[place];
    // A message stands once for itself: what repeats it is somebody else's.
    if (original !== undefined) {
      known.delete(original);
      known.delete(original.id);
    }
    return place;
  });
  matchGaps(kept, messages, places);
  return places;
}

/**
 * A message may have been made anew without its id. It is known by its place: as many messages of the same types are
 * missing there.
 */
function matchGaps(
  kept: readonly BaseMessage[],
  messages: readonly BaseMessage[],
  places: (number | undefined)[],
): void {
  for (let from = 0; from < messages.length; from++) {
    if (places[from] !== undefined) continue;
    let to = from;
    while (to < messages.length && places[to] === undefined) to++;
    const first = from === 0 ? 0 : (places[from - 1] as number) + 1;
    const end = to === messages.length ? kept.length : (places[to] as number);
    const isReplaced =
      end - first === to - from &&
      messages.slice(from, to).every((message, at) => message.type === kept[first + at]?.type);
    for (let at = from; isReplaced && at < to; at++) places[at] = first + at - from;
    from = to;
  }
}

/** What stands in a message's place, with the id and the records of that message. */
function inPlaceOf(original: BaseMessage, message: BaseMessage): BaseMessage {
  const stamps = stampsOf(original);
  if (message === original || (message.id === original.id && stamps === stampsOf(message))) return message;
  const copy = Object.assign(Object.create(Object.getPrototypeOf(message) as object) as BaseMessage, message);
  if (original.id !== undefined) copy.id = original.id;
  for (const [name, stamp] of Object.entries(stamps ?? {})) stampMessage(copy, name, stamp);
  return copy;
}
