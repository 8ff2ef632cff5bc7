import type { StoredMessage } from "@langchain/core/messages";
import {
  AIMessage,
  type BaseMessage,
  type BaseMessageLike,
  coerceMessageLikeToMessage,
  HumanMessage,
  isBaseMessage,
  mapStoredMessageToChatMessage,
  SystemMessage,
} from "@langchain/core/messages";
import type { Clock } from "../shared/clock.ts";
import { deepCopy } from "../shared/deep-copy.ts";
import { InvalidEventError } from "../shared/errors.ts";
import { randomId } from "../shared/ids.ts";
import { describe } from "../shared/validate.ts";
import { MARK_KINDS, type Mark } from "./marks.ts";
import type { EventActions, SessionEvent } from "./session-event.ts";

/** An event as a caller hands it in: what is missing is filled in at append. */
export interface EventInput {
  /** Identity; a new one is made when absent. Give one to make a retried append safe. */
  readonly id?: string | undefined;
  /** Position; services number by themselves, the value is a hint of a decorator to a service that does not. */
  readonly seq?: number | undefined;
  /** Absent: "user", "system" or "tool" by the message's role; for an AI message its name, else "agent". */
  readonly author?: string | undefined;
  /** A LangChain message, or anything that LangChain makes one of; plain text takes its role from the author. */
  readonly message?: BaseMessageLike | undefined;
  readonly invocationId?: string | undefined;
  readonly branch?: string | undefined;
  /** Milliseconds since the epoch; absent: now. */
  readonly timestamp?: number | undefined;
  readonly partial?: boolean | undefined;
  readonly actions?: EventActions | undefined;
}

/**
 * Makes an event of what a caller handed in. The message is copied: later changes to the caller's stay theirs.
 * @throws InvalidEventError that names the field, what was expected and what came.
 */
export function createEvent(input: EventInput, seq: number, clock: Clock): SessionEvent {
  if (typeof input !== "object" || input === null || Array.isArray(input))
    throw invalid("event", "an object", input);
  const { id = randomId(), timestamp = clock() } = input;
  if (typeof id !== "string" || id === "") throw invalid("event.id", "a string with text in it", input.id);
  if (typeof timestamp !== "number" || !Number.isFinite(timestamp)) {
    throw invalid("event.timestamp", "milliseconds since the epoch", input.timestamp);
  }
  for (const field of ["author", "invocationId", "branch"] as const) {
    const value: unknown = input[field] ?? undefined;
    if (value !== undefined && typeof value !== "string") throw invalid(`event.${field}`, "a string", value);
  }
  const message =
    input.message === undefined || input.message === null
      ? undefined
      : toMessage(input.message, input.author);
  return {
    id,
    seq,
    author: input.author || authorOf(message),
    ...(message && { message }),
    ...(input.invocationId && { invocationId: input.invocationId }),
    ...(input.branch && { branch: input.branch }),
    timestamp,
    ...(input.partial === true && { partial: true }),
    actions: actionsOf(input.actions ?? {}),
  };
}

/** A copy that shares nothing mutable with the original: what is handed out is the caller's to keep. */
export function copyEvent(event: SessionEvent): SessionEvent {
  return {
    ...event,
    ...(event.message && { message: copyMessage(event.message) }),
    actions: deepCopy(event.actions),
  };
}

/** A copy of a message of any class, with its own content. */
function copyMessage<M extends BaseMessage>(message: M): M {
  const copy = Object.create(Object.getPrototypeOf(message) as object) as Record<PropertyKey, unknown>;
  const source = message as unknown as Record<PropertyKey, unknown>;
  for (const key of Reflect.ownKeys(message)) copy[key] = deepCopy(source[key]);
  return copy as unknown as M;
}

function toMessage(value: unknown, author: string | undefined): BaseMessage {
  if (typeof value === "string") {
    const role = author?.toLowerCase();
    if (role === "user" || role === undefined) return new HumanMessage(value);
    return role === "system" ? new SystemMessage(value) : new AIMessage(value);
  }
  if (isBaseMessage(value)) return copyMessage(value);
  try {
    if (isStoredMessage(value)) return mapStoredMessageToChatMessage(value);
    // What a structured clone or a plain store leaves of a message: its fields under a `type`.
    const like = value as { type?: unknown; lc?: unknown; role?: unknown };
    if (
      typeof like.type === "string" &&
      like.lc === undefined &&
      like.role === undefined &&
      !Array.isArray(value)
    ) {
      return mapStoredMessageToChatMessage({ type: like.type, data: value } as StoredMessage);
    }
    return copyMessage(coerceMessageLikeToMessage(value as BaseMessageLike));
  } catch {
    // LangChain's own error quotes the message.
    throw invalid("event.message", "a LangChain message", value);
  }
}

function isStoredMessage(value: unknown): value is StoredMessage {
  const stored = value as Partial<StoredMessage> | null;
  return typeof stored === "object" && typeof stored?.type === "string" && typeof stored.data === "object";
}

function authorOf(message: BaseMessage | undefined): string {
  switch (message?.type) {
    case "human":
      return "user";
    case "ai":
      return message.name || "agent";
    case undefined:
      return "system";
    default:
      return message?.type ?? "system";
  }
}

/** The actions, checked; absent ones that a store wrote as null are left out. */
function actionsOf(given: unknown): EventActions {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw invalid("event.actions", "an object", given);
  const actions = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== null && value !== undefined),
  );
  for (const [action, [holds, expected]] of Object.entries(ACTIONS)) {
    if (action in actions && !holds(actions[action]))
      throw invalid(`event.actions.${action}`, expected, actions[action]);
  }
  return deepCopy(actions);
}

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isBoolean = (value: unknown): boolean => typeof value === "boolean";

const ACTIONS: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  skipSummarization: [isBoolean, "true or false"],
  pinned: [isBoolean, "true or false"],
  stateDelta: [isObject, "an object"],
  summary: [isObject, "a summary as plain JSON"],
  marks: [isMarks, "a list of { kind, targets }"],
};

function isMarks(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (mark: Partial<Mark> | null) =>
        MARK_KINDS.some((kind) => kind === mark?.kind) &&
        Array.isArray(mark?.targets) &&
        mark.targets.every((id: unknown) => typeof id === "string"),
    )
  );
}

function invalid(field: string, expected: string, value: unknown): InvalidEventError {
  return new InvalidEventError(`Expected \`${field}\` to be ${expected}, got ${describe(value)}`);
}
