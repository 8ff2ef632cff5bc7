import type { BaseMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import { type BaseCheckpointSaver, MemorySaver, type StreamMode } from "@langchain/langgraph";
import {
  ConfigurationError,
  describe,
  type EventActions,
  type Session,
  type SessionRef,
  type SessionService,
  validate,
} from "@sessionfold/core";
import { z } from "zod";
import { asFolding } from "../services/as-folding.ts";

/** An agent of `createAgent`, or a compiled graph. */
export interface RunnableAgent {
  /** Runs it and tells of its steps. */
  stream(input: never, config: never): Promise<AsyncIterable<unknown>>;
  /** Its own checkpointer; a runner wants none. */
  readonly checkpointer?: unknown;
}

/** Options of `createSessionRunner`. */
export interface SessionRunnerOptions {
  /** The agent or compiled graph. It must have no checkpointer: the session service keeps the conversation. */
  readonly agent: RunnableAgent;
  /** Where the conversation is kept. Decorated by `withSummaries`, it folds; a plain service never does. */
  readonly sessions: SessionService;
  /** The key of the messages in the graph's state. Default `messages`. */
  readonly messagesKey?: string | undefined;
  /**
   * Where a run stands while it is in progress or waits for an answer to an interrupt. Default: this process's memory. A
   * durable one lets interrupted runs be resumed after a restart. Threads in it are named by the session's key and
   * deleted when a run is over; one that waits stays until it is resumed or the session's next run gives it up.
   */
  readonly scratch?: BaseCheckpointSaver | undefined;
  /** What else the graph gets as input, besides the messages: from the session's state, for example. Default: nothing. */
  readonly input?: ((session: Session) => Readonly<Record<string, unknown>>) | undefined;
  /** Flags and changes of state to store with a message: `{ skipSummarization: true }`. Default: none. */
  readonly actions?: ((message: BaseMessage) => EventActions | undefined) | undefined;
}

/** Options after the defaults are in. */
export interface ResolvedRunnerOptions {
  readonly agent: RunnableAgent;
  readonly sessions: SessionService;
  readonly messagesKey: string;
  readonly scratch: BaseCheckpointSaver;
  readonly input: (session: Session) => Readonly<Record<string, unknown>>;
  readonly actions: (message: BaseMessage) => EventActions | undefined;
}

/** What every call of a runner takes. */
export interface RunnerCallOptions {
  /** The session's key, or the session. It must exist. */
  readonly session: SessionRef;
  /** Calls the run off. */
  readonly signal?: AbortSignal | undefined;
  /** LangChain's configuration for the run: callbacks, tags, `context`, `recursionLimit`. */
  readonly config?: (RunnableConfig & { readonly context?: unknown }) | undefined;
}

/** A run of the agent for one session. */
export interface RunRequest extends RunnerCallOptions {
  /**
   * What the user says. Absent: the agent goes on from where the log ends, such as after a run that failed. Text is a
   * message of the user.
   */
  readonly input?: string | BaseMessage | readonly BaseMessage[] | undefined;
}

/** The answer to a run's interrupts. */
export interface ResumeRequest extends RunnerCallOptions {
  /** What `interrupt` returns in the graph, or a whole `Command`. Absent: a run stopped before or after a node goes on. */
  readonly resume?: unknown;
}

/** How a run is streamed. */
export interface RunStreamOptions {
  /** LangGraph's stream modes: one, or a list, which gives pairs of mode and chunk. Default `updates`. */
  readonly streamMode?: StreamMode | readonly StreamMode[] | undefined;
  /** Chunks of subgraphs as well; each chunk then begins with its namespace. Default false. */
  readonly subgraphs?: boolean | undefined;
}

const aFunction = <T>() => z.custom<T>((value) => typeof value === "function", { error: "a function" });
const having = <T>(what: string, ...methods: readonly string[]) =>
  z.custom<T>(
    (value) =>
      typeof value === "object" &&
      value !== null &&
      methods.every((method) => typeof (value as Record<string, unknown>)[method] === "function"),
    { error: what },
  );

const schema: z.ZodType<SessionRunnerOptions> = z.strictObject(
  {
    agent: having<RunnableAgent>("an agent or a compiled graph", "stream"),
    sessions: having<SessionService>("a session service", "getSession", "appendEvent"),
    messagesKey: z.string({ error: "a key" }).min(1, { error: "a key" }).optional(),
    scratch: having<BaseCheckpointSaver>("a checkpointer", "getTuple", "put", "deleteThread").optional(),
    input: aFunction<NonNullable<SessionRunnerOptions["input"]>>().optional(),
    actions: aFunction<NonNullable<SessionRunnerOptions["actions"]>>().optional(),
  },
  { error: "an object with agent and sessions" },
);

/**
 * Checks options and fills in the defaults.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function resolveRunnerOptions(given: SessionRunnerOptions): ResolvedRunnerOptions {
  const options = validate(schema, given);
  const { checkpointer } = options.agent;
  if (checkpointer === true || (typeof checkpointer === "object" && checkpointer !== null)) {
    throw new ConfigurationError(
      "Expected `agent` to have no checkpointer: with one, it and the session service would each add the conversation",
    );
  }
  return {
    agent: options.agent,
    sessions: asFolding(options.sessions),
    messagesKey: options.messagesKey ?? "messages",
    scratch: options.scratch ?? new MemorySaver(),
    input: options.input ?? (() => ({})),
    actions: options.actions ?? (() => undefined),
  };
}

const callShape = {
  session: z.unknown().optional(),
  signal: z
    .custom<AbortSignal>((value) => value instanceof AbortSignal, { error: "an AbortSignal" })
    .optional(),
  config: z
    .custom<object>((value) => typeof value === "object" && value !== null, { error: "an object" })
    .optional(),
  input: z.unknown().optional(),
  resume: z.unknown().optional(),
  streamMode: z.unknown().optional(),
  subgraphs: z.boolean({ error: "true or false" }).optional(),
};
const callSchema = z.strictObject(callShape, { error: "an object with session" });

/** @throws ConfigurationError when a call's options are not what they must be. */
export function checkCall(given: RunnerCallOptions): void {
  validate(callSchema, given);
}

/** @throws ConfigurationError unless it is a text, a message or a list of messages. */
export function checkInput(input: unknown): void {
  const isMessage = (value: unknown): boolean =>
    typeof (value as { getType?: unknown } | null)?.getType === "function";
  if (input === undefined || isMessage(input)) return;
  if (typeof input === "string" && input.trim() !== "") return;
  if (Array.isArray(input) && input.length > 0 && input.every(isMessage)) return;
  throw new ConfigurationError(
    `Expected \`input\` to be a text, a message or a list of messages, got ${describe(input)}`,
  );
}
