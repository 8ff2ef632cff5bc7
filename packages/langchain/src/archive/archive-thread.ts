import type { BaseMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import { ConfigurationError, keyOf, type SessionRef } from "@sessionfold/core";
import { type ArchiveOptions, resolveArchiveOptions } from "./archive-options.ts";
import { type NoArchive, planArchive } from "./archive-plan.ts";
import { storeEvents } from "./store-events.ts";

/** Options of `archiveThread`. */
export interface ArchiveThreadOptions extends ArchiveOptions {
  /** A compiled graph or an agent, with a checkpointer. */
  readonly graph: object;
  /** Names the thread: `{ configurable: { thread_id } }`. */
  readonly config: RunnableConfig;
  /** The session that its messages go to. One thread goes to one session. */
  readonly key: SessionRef;
  /** The node in whose name the state is changed. Default: the one that wrote last. */
  readonly asNode?: string | undefined;
}

/** What became of it. */
export type ArchiveOutcome =
  | {
      readonly kind: "archived";
      /** How many messages left the state. */
      readonly messages: number;
      /** How many summaries stand for them. */
      readonly summaries: number;
    }
  | {
      readonly kind: "skipped";
      /** `run-in-progress`: the thread waits for something, or is being run. */
      readonly reason: NoArchive["reason"] | "run-in-progress";
    };

/** A compiled graph, as far as it is needed here. */
interface Graph {
  getState(config: RunnableConfig): Promise<{
    readonly values?: Readonly<Record<string, unknown>>;
    readonly next: readonly string[];
  }>;
  updateState(config: RunnableConfig, values: unknown, asNode?: string): Promise<unknown>;
}

/**
 * Moves what is folded out of a thread's state into a session service, between two runs: the messages and their summaries
 * are appended there first, then they leave the state in one change that puts the records on messages which stay. Ended
 * half-way it has lost nothing, and can be called again. The agent's window is the same before and after; recall and
 * unfold what was archived over the session service. Not to be called while the thread runs: its changes of state would
 * meet those of the run.
 * @throws ConfigurationError, and what the service and the checkpointer throw.
 */
export async function archiveThread(options: ArchiveThreadOptions): Promise<ArchiveOutcome> {
  const { graph, config, key, asNode, ...rest } = options;
  const { sessions, name, messagesKey, minMessages = 1 } = resolveArchiveOptions(rest);
  const session = keyOf(key);
  const compiled = graphOf(graph);
  const { values, next } = await compiled.getState(config);
  if (next.length > 0) return { kind: "skipped", reason: "run-in-progress" };
  const messages = (values?.[messagesKey] ?? []) as readonly BaseMessage[];
  const plan = planArchive(messages, { name, minMessages });
  if (plan.kind === "nothing") return { kind: "skipped", reason: plan.reason };
  await storeEvents(sessions, session, plan.events);
  await compiled.updateState(config, { [messagesKey]: plan.update }, asNode);
  return { kind: "archived", messages: plan.messages, summaries: plan.summaries };
}

function graphOf(given: object): Graph {
  const graph = (given as { graph?: unknown } | null)?.graph ?? given;
  const { getState, updateState } = (graph ?? {}) as Partial<Graph>;
  if (typeof getState !== "function" || typeof updateState !== "function")
    throw new ConfigurationError("Expected `graph` to be a compiled graph or an agent");
  return graph as Graph;
}
