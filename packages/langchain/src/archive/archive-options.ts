import { type SessionRef, type SessionService, validate } from "@sessionfold/core";
import { z } from "zod";
import { DEFAULT_NAME } from "../messages/message-events.ts";
import { asFolding } from "../services/as-folding.ts";

/** What every archive takes. */
export interface ArchiveOptions {
  /** Where the messages go. A session that is not there is made. */
  readonly sessions: SessionService;
  /** Name of the filter or hook whose summaries count. Default "sessionfold". */
  readonly name?: string | undefined;
  /** The key of the messages in the graph's state. Default `messages`. */
  readonly messagesKey?: string | undefined;
  /** Fewer messages than these are not worth a change of the state. Default 1; for the middleware 100. */
  readonly minMessages?: number | undefined;
}

/** Options after the defaults are in. */
export interface ResolvedArchiveOptions {
  readonly sessions: SessionService;
  readonly name: string;
  readonly messagesKey: string;
  readonly minMessages: number | undefined;
}

const A_TEXT = "a text with something in it";
const text = z.string({ error: A_TEXT }).min(1, { error: A_TEXT });
const COUNT = "an integer >= 1";

/** Fields of the options' schema. */
export const archiveShape: {
  readonly [option in keyof ArchiveOptions]-?: z.ZodType<ArchiveOptions[option]>;
} = {
  sessions: z.custom<SessionService>(
    (value) =>
      ["getSession", "createSession", "appendEvent"].every(
        (method) => typeof (value as Record<string, unknown> | null)?.[method] === "function",
      ),
    { error: "a session service" },
  ),
  name: text.optional(),
  messagesKey: text.optional(),
  minMessages: z.int({ error: COUNT }).min(1, { error: COUNT }).optional(),
};

const schema: z.ZodType<ArchiveOptions> = z.strictObject(archiveShape, { error: "an object with sessions" });

/**
 * Checks options and fills in the defaults.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function resolveArchiveOptions(given: ArchiveOptions): ResolvedArchiveOptions {
  const { sessions, name, messagesKey, minMessages } = validate(schema, given);
  return {
    sessions: asFolding(sessions),
    name: name ?? DEFAULT_NAME,
    messagesKey: messagesKey ?? "messages",
    minMessages,
  };
}

/** Names the session that a run's messages go to, from the run: its `context` or its `configurable`. */
export type ArchiveKey = (runtime: {
  readonly context?: unknown;
  readonly configurable?: Readonly<Record<string, unknown>>;
}) => SessionRef | Promise<SessionRef>;
