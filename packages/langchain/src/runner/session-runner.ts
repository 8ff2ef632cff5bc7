import type { BaseMessage } from "@langchain/core/messages";
import { HumanMessage } from "@langchain/core/messages";
import { Command, isCommand } from "@langchain/langgraph";
import { ConfigurationError, keyOf, type SessionKey, SessionNotFoundError } from "@sessionfold/core";
import { graphChunks } from "./graph-chunks.ts";
import { KeyedQueue, orAborted } from "./keyed-queue.ts";
import { RunLog } from "./run-log.ts";
import { lastOf, type RunInterrupt, type RunResult, type RunStream, runStream } from "./run-result.ts";
import {
  checkCall,
  checkInput,
  type ResolvedRunnerOptions,
  type ResumeRequest,
  type RunnerCallOptions,
  type RunRequest,
  type RunStreamOptions,
  resolveRunnerOptions,
  type SessionRunnerOptions,
} from "./runner-options.ts";
import { toScratch, withoutOpenRound } from "./scratch-messages.ts";
import { messagesIn, ScratchThread } from "./scratch-thread.ts";

/** Runs an agent over a session service. */
export interface SessionRunner {
  /**
   * Runs the agent for a session, after the runs of that session that were asked for before.
   *
   * The user's message goes to the log first, then what the agent says, as soon as nothing can change it any more. A run
   * that fails or is called off keeps in the log what was said until then; a call without result that it leaves is told
   * as such in the next window. A run that waits for an answer, and is not resumed but followed by another run, is given
   * up in the same way.
   * @throws ConfigurationError, SessionNotFoundError, what the graph throws, and the signal's reason.
   */
  run(request: RunRequest): Promise<RunResult>;
  /** The same, streaming. @throws ConfigurationError for wrong options; the iteration throws the rest. */
  stream(request: RunRequest & RunStreamOptions): RunStream;
  /** Answers the interrupts of a session's run and lets it go on. @throws as `run`; ConfigurationError where none waits. */
  resume(request: ResumeRequest): Promise<RunResult>;
  /** The same, streaming. */
  streamResume(request: ResumeRequest & RunStreamOptions): RunStream;
}

/**
 * A runner of an agent over a session service: it hands the session's window to the agent, streams what it does, and
 * appends what was said. Runs of one session come one after the other, in this process; nothing keeps another process from
 * running the same session meanwhile. Let either the service fold or a filter of the agent, not both.
 * @throws ConfigurationError that names the option, what was expected and what came; also for an agent with a
 * checkpointer of its own.
 */
export function createSessionRunner(options: SessionRunnerOptions): SessionRunner {
  const runs = new SessionRuns(resolveRunnerOptions(options));
  return {
    run: async (request) => lastOf(runs.start(checked(request), {})),
    stream: (request) => {
      const { streamMode, subgraphs } = checked(request);
      return runStream(() => runs.start(request, { streamMode, subgraphs }));
    },
    resume: async (request) => {
      checkCall(request);
      return lastOf(runs.resume(request, {}));
    },
    streamResume: (request) => {
      checkCall(request);
      const { streamMode, subgraphs } = request;
      return runStream(() => runs.resume(request, { streamMode, subgraphs }));
    },
  };
}

function checked<T extends RunRequest>(request: T): T {
  checkCall(request);
  checkInput(request.input);
  keyOf(request.session);
  return request;
}

/** All runners of one service in this process stand in one queue. */
const queues = new WeakMap<object, KeyedQueue>();

class SessionRuns {
  readonly #options: ResolvedRunnerOptions;
  readonly #queue: KeyedQueue;
  /** Runs whose last messages are not in the log yet, by session: they wait for an answer, or the service failed. */
  readonly #open = new Map<string, { log: RunLog; messages: readonly BaseMessage[] }>();

  constructor(options: ResolvedRunnerOptions) {
    this.#options = options;
    let queue = queues.get(options.sessions);
    if (queue === undefined) {
      queue = new KeyedQueue();
      queues.set(options.sessions, queue);
    }
    this.#queue = queue;
  }

  async *start(request: RunRequest, streaming: RunStreamOptions): AsyncGenerator<unknown, RunResult> {
    const key = keyOf(request.session);
    const { signal } = request;
    const endTurn = await this.#queue.acquire(nameOf(key), signal);
    let begun: Promise<unknown> = Promise.resolve();
    try {
      const thread = new ScratchThread(this.#options, key);
      const invocationId = crypto.randomUUID();
      const beginning = this.#begin(key, thread, request.input, invocationId);
      begun = beginning.catch(() => undefined);
      const input = await orAborted(beginning, signal);
      const log = this.#log(key, invocationId);
      return yield* this.#drive({ key, thread, log, input, before: [] }, request, streaming);
    } finally {
      // A summary that the session was due for may still be written: the next run sees it.
      void begun.then(endTurn);
    }
  }

  async *resume(request: ResumeRequest, streaming: RunStreamOptions): AsyncGenerator<unknown, RunResult> {
    const key = keyOf(request.session);
    const endTurn = await this.#queue.acquire(nameOf(key), request.signal);
    try {
      const thread = new ScratchThread(this.#options, key);
      const messages = await thread.waiting();
      if (messages === undefined)
        throw new ConfigurationError("Expected a run of the session that waits for an answer, found none");
      const log = this.#open.get(nameOf(key))?.log ?? this.#log(key, await this.#lastInvocation(key));
      const input = commandOf(request.resume);
      return yield* this.#drive({ key, thread, log, input, before: messages }, request, streaming);
    } finally {
      endTurn();
    }
  }

  /** Gives up what waits, appends what the user says, and reads the window. */
  async #begin(
    key: SessionKey,
    thread: ScratchThread,
    given: RunRequest["input"],
    invocationId: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { sessions, messagesKey, input, actions } = this.#options;
    await this.#giveUp(key, thread);
    for (const message of asMessages(given)) {
      const own = actions(message);
      await sessions.appendEvent({
        session: key,
        event: { message, invocationId, ...(own && { actions: own }) },
      });
    }
    const session = await sessions.getSession({ ...key, view: "window" });
    if (session === null) throw new SessionNotFoundError(key.sessionId);
    const window = toScratch(withoutOpenRound(session.events));
    return { ...input(session), [messagesKey]: window };
  }

  /** Puts into the log what a run left that nobody resumes, and forgets the run. */
  async #giveUp(key: SessionKey, thread: ScratchThread): Promise<void> {
    const open = this.#open.get(nameOf(key));
    if (open !== undefined) await open.log.take(open.messages, "ended");
    else {
      const messages = await thread.waiting();
      if (messages !== undefined)
        await this.#log(key, await this.#lastInvocation(key)).take(messages, "ended");
    }
    this.#open.delete(nameOf(key));
    await thread.delete();
  }

  async *#drive(
    run: Drive,
    request: RunnerCallOptions,
    streaming: RunStreamOptions,
  ): AsyncGenerator<unknown, RunResult> {
    const { key, thread, log } = run;
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, ...(request.signal === undefined ? [] : [request.signal])]);
    let state: Readonly<Record<string, unknown>> = {};
    let messages = run.before;
    let interrupts: readonly RunInterrupt[] | undefined;
    let isOver = false;
    try {
      const config = { ...thread.config(request.config), signal };
      for await (const chunk of graphChunks(this.#options.agent, run.input, config, streaming)) {
        if (chunk.kind === "chunk") yield chunk.chunk;
        else if (chunk.kind === "interrupted") interrupts = chunk.interrupts;
        else {
          state = chunk.values;
          messages = messagesIn(state, this.#options.messagesKey);
          this.#open.set(nameOf(key), { log, messages });
          await log.take(messages, "running");
        }
      }
      signal.throwIfAborted();
      isOver = true;
    } catch (error) {
      throw request.signal?.aborted === true ? request.signal.reason : error;
    } finally {
      ended.abort();
      // Where the service does not take what is left, the next run of the session hands it over before anything else:
      // what ended this run is what its caller has to hear of.
      if (!isOver) await this.#finish(run, messages, "ended").catch(() => undefined);
    }
    if (interrupts === undefined) await this.#finish(run, messages, "completed");
    const kind = interrupts === undefined ? "completed" : "interrupted";
    return { kind, invocationId: log.invocationId, messages: log.said, interrupts: interrupts ?? [], state };
  }

  /** The invocation that a run of an earlier process had: it was the last to write to the log. */
  async #lastInvocation(key: SessionKey): Promise<string> {
    const session = await this.#options.sessions.getSession({ ...key, view: "full" });
    const last = session?.events.findLast(
      ({ invocationId, actions }) => invocationId !== undefined && actions.summary === undefined,
    );
    return last?.invocationId ?? crypto.randomUUID();
  }

  /** The rest goes to the log, and the thread is forgotten. */
  async #finish(
    { key, thread, log }: Drive,
    messages: readonly BaseMessage[],
    stage: "completed" | "ended",
  ): Promise<void> {
    this.#open.set(nameOf(key), { log, messages });
    await log.take(messages, stage);
    this.#open.delete(nameOf(key));
    await thread.delete();
  }

  #log(key: SessionKey, invocationId: string): RunLog {
    const { sessions, actions } = this.#options;
    return new RunLog({ sessions, key, invocationId, actions });
  }
}

interface Drive {
  readonly key: SessionKey;
  readonly thread: ScratchThread;
  readonly log: RunLog;
  readonly input: unknown;
  /** Messages of the thread when it goes on. */
  readonly before: readonly BaseMessage[];
}

function asMessages(input: RunRequest["input"]): readonly BaseMessage[] {
  if (input === undefined) return [];
  if (typeof input === "string") return [new HumanMessage(input)];
  return Array.isArray(input) ? (input as readonly BaseMessage[]) : [input as BaseMessage];
}

function commandOf(resume: unknown): unknown {
  if (resume === undefined) return null;
  return isCommand(resume) ? resume : new Command({ resume });
}

function nameOf(key: SessionKey): string {
  return JSON.stringify([key.appName, key.userId, key.sessionId]);
}
