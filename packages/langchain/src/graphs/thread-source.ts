import type { BaseMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { BaseCheckpointSaver } from "@langchain/langgraph";
import { ConfigurationError, describe } from "@sessionfold/core";

/** A compiled graph or an agent, with a checkpointer. */
export interface CheckpointedGraph {
  readonly checkpointer?: unknown;
}

/** A thread as it stands. */
export interface Thread {
  readonly threadId: string;
  /** The graph's state without LangGraph's own bookkeeping. */
  readonly values: Readonly<Record<string, unknown>>;
  /** When it was last written, in milliseconds since the epoch. */
  readonly updatedAt: number;
}

interface StateReader {
  getState(config: RunnableConfig): Promise<{ readonly values?: unknown }>;
}

/** Where threads are read from: a graph knows how to read its own state, a checkpointer tells what it has stored. */
export class ThreadSource {
  readonly #checkpointer: BaseCheckpointSaver;
  readonly #graph: StateReader | undefined;
  readonly #namespace: string;

  constructor(source: CheckpointedGraph | BaseCheckpointSaver, namespace: string) {
    this.#namespace = namespace;
    if (isCheckpointer(source)) {
      this.#checkpointer = source;
      return;
    }
    const checkpointer: unknown = (source as CheckpointedGraph | null)?.checkpointer;
    if (!isCheckpointer(checkpointer)) {
      throw new ConfigurationError(
        `Expected a checkpointer, or a graph or agent with one, got ${describe(source)}`,
      );
    }
    this.#checkpointer = checkpointer;
    // An agent of `createAgent` shows its graph; a graph is one itself.
    this.#graph = ((source as { graph?: unknown }).graph ?? source) as StateReader;
  }

  /** The thread of that id; undefined where nothing was ever written to it. */
  async read(threadId: string): Promise<Thread | undefined> {
    const config = { configurable: { thread_id: threadId, checkpoint_ns: this.#namespace } };
    // Asked first in any case: a graph tells an empty state for a thread that is not there.
    const tuple = await this.#checkpointer.getTuple(config);
    if (tuple === undefined) return undefined;
    // A graph reads the state of a subgraph through its own checkpoint; the stored values are the same.
    const values =
      this.#graph === undefined || this.#namespace !== ""
        ? tuple.checkpoint.channel_values
        : (await this.#graph.getState(config)).values;
    return threadOf(threadId, values, tuple.checkpoint.ts);
  }

  /** Every thread, as it stands. A checkpointer can only walk over all its checkpoints. */
  async *all(): AsyncGenerator<Thread> {
    const seen = new Set<string>();
    for await (const { config, checkpoint } of this.#checkpointer.list({})) {
      const { thread_id: threadId, checkpoint_ns: namespace = "" } = config.configurable ?? {};
      if (typeof threadId !== "string" || namespace !== this.#namespace || seen.has(threadId)) continue;
      seen.add(threadId);
      yield threadOf(threadId, checkpoint.channel_values, checkpoint.ts);
    }
  }
}

function threadOf(threadId: string, values: unknown, ts: string | undefined): Thread {
  const entries = Object.entries((values ?? {}) as object);
  const isOurs = ([key]: [string, unknown]): boolean => !key.startsWith("__") && !key.includes(":");
  const updatedAt = Date.parse(ts ?? "");
  return {
    threadId,
    values: Object.fromEntries(entries.filter(isOurs)),
    updatedAt: Number.isNaN(updatedAt) ? 0 : updatedAt,
  };
}

/** The messages of a thread. */
export function messagesOf({ values }: Thread, messagesKey: string): readonly BaseMessage[] {
  const messages = values[messagesKey];
  return Array.isArray(messages) ? (messages as readonly BaseMessage[]) : [];
}

/** Whether it is a checkpointer, of this or another copy of LangGraph. */
export function isCheckpointer(value: unknown): value is BaseCheckpointSaver {
  const like = value as Partial<BaseCheckpointSaver> | null;
  return typeof like === "object" && typeof like?.getTuple === "function" && typeof like.put === "function";
}
