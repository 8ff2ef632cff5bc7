import { validate } from "@sessionfold/core";
import { z } from "zod";
import { DEFAULT_NAME } from "../messages/message-events.ts";

/** Whose a thread is. */
export interface ThreadOwner {
  readonly appName: string;
  readonly userId: string;
}

/** Options of `threadSessions`. */
export interface ThreadSessionsOptions {
  /**
   * Whose the threads are: all of one owner, or told for each from its id and state; undefined for a thread that nobody is
   * shown. A call with another owner's key finds nothing. Default: app "langgraph", user "user".
   */
  readonly owner?:
    | ThreadOwner
    | ((threadId: string, state: Readonly<Record<string, unknown>>) => ThreadOwner | undefined)
    | undefined;
  /** The key of the messages in the graph's state. Default `messages`. */
  readonly messagesKey?: string | undefined;
  /** Name of the filter or hook whose summaries count. Default "sessionfold". */
  readonly name?: string | undefined;
  /** Namespace of the checkpoints: of a subgraph with a memory of its own. Default "", the graph itself. */
  readonly checkpointNs?: string | undefined;
}

/** Options after the defaults are in. */
export interface ResolvedThreadOptions {
  readonly owner: (threadId: string, state: Readonly<Record<string, unknown>>) => ThreadOwner | undefined;
  readonly messagesKey: string;
  readonly name: string;
  readonly checkpointNs: string;
}

const A_TEXT = "a text with something in it";
const text = z.string({ error: A_TEXT }).min(1, { error: A_TEXT });
const schema: z.ZodType<ThreadSessionsOptions> = z.strictObject(
  {
    owner: z
      .custom<NonNullable<ThreadSessionsOptions["owner"]>>(isOwner, {
        error: "an object with appName and userId, or a function",
      })
      .optional(),
    messagesKey: text.optional(),
    name: text.optional(),
    checkpointNs: z.string({ error: "a namespace" }).optional(),
  },
  { error: "an object" },
);

/**
 * Checks options and fills in the defaults.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function resolveThreadOptions(given: ThreadSessionsOptions): ResolvedThreadOptions {
  const options = validate(schema, given);
  const owner = options.owner ?? { appName: "langgraph", userId: "user" };
  return {
    owner: typeof owner === "function" ? owner : () => owner,
    messagesKey: options.messagesKey ?? "messages",
    name: options.name ?? DEFAULT_NAME,
    checkpointNs: options.checkpointNs ?? "",
  };
}

function isOwner(value: unknown): boolean {
  if (typeof value === "function") return true;
  const { appName, userId } = (value ?? {}) as { appName?: unknown; userId?: unknown };
  return [appName, userId].every((part) => typeof part === "string" && part !== "");
}
