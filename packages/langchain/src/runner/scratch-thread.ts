import type { BaseMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { SessionKey } from "@sessionfold/core";
import { CHECKPOINTER_FIELD } from "../agent/checkpointer.ts";
import type { ResolvedRunnerOptions, RunnableAgent } from "./runner-options.ts";
import { SESSION_FIELD } from "./runner-session.ts";

interface GraphState {
  readonly values?: Readonly<Record<string, unknown>>;
  readonly next?: readonly string[];
}

/** The thread on which the run of a session stands while it lasts. There is one a session, and it is deleted afterwards. */
export class ScratchThread {
  readonly #options: ResolvedRunnerOptions;
  readonly #key: SessionKey;
  readonly #id: string;

  constructor(options: ResolvedRunnerOptions, key: SessionKey) {
    this.#options = options;
    this.#key = key;
    this.#id = `sessionfold:${JSON.stringify([key.appName, key.userId, key.sessionId])}`;
  }

  /** The configuration of a call on this thread. */
  config(given: RunnableConfig = {}): RunnableConfig {
    // Even an undefined checkpoint_id makes LangGraph replay: what had finished beside an interrupt would run again.
    const { checkpoint_id: _, ...configurable } = given.configurable ?? {};
    return {
      ...given,
      configurable: {
        ...configurable,
        thread_id: this.#id,
        checkpoint_ns: "",
        [CHECKPOINTER_FIELD]: this.#options.scratch,
        [SESSION_FIELD]: this.#key,
      },
    };
  }

  /** Messages of a run that waits for an answer; undefined where none does. */
  async waiting(): Promise<readonly BaseMessage[] | undefined> {
    const { values, next } = await graphOf(this.#options.agent).getState(this.config());
    if (next === undefined || next.length === 0) return undefined;
    return messagesIn(values, this.#options.messagesKey);
  }

  /** Forgets the run. */
  async delete(): Promise<void> {
    await this.#options.scratch.deleteThread(this.#id);
  }
}

/** The messages of a state; empty where it has none. */
export function messagesIn(
  values: Readonly<Record<string, unknown>> | undefined,
  messagesKey: string,
): readonly BaseMessage[] {
  const messages = values?.[messagesKey];
  return Array.isArray(messages) ? (messages as readonly BaseMessage[]) : [];
}

function graphOf(agent: RunnableAgent): { getState(config: RunnableConfig): Promise<GraphState> } {
  // An agent of `createAgent` shows its graph; a graph is one itself.
  return ((agent as { graph?: unknown }).graph ?? agent) as ReturnType<typeof graphOf>;
}
