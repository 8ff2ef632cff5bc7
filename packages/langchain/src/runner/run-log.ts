import type { BaseMessage } from "@langchain/core/messages";
import type { EventActions, SessionKey, SessionService } from "@sessionfold/core";
import { isFromLog } from "./scratch-messages.ts";

/** What a run appends to. */
export interface RunLogOptions {
  readonly sessions: SessionService;
  readonly key: SessionKey;
  readonly invocationId: string;
  readonly actions: (message: BaseMessage) => EventActions | undefined;
}

/** How far a run is when its messages are taken over. */
export type RunStage = "running" | "completed" | "ended";

/** Appends what a run says to the log of its session: in order, each message once. */
export class RunLog {
  readonly #options: RunLogOptions;
  readonly #written = new Set<string>();
  /** What the run has said so far, without what the log had before. */
  said: readonly BaseMessage[] = [];

  constructor(options: RunLogOptions) {
    this.#options = options;
  }

  get invocationId(): string {
    return this.#options.invocationId;
  }

  /**
   * Takes over the messages of the state. As long as the agent runs, only what stands before its latest message goes to
   * the log: middleware and people who are asked may still change the latest one and what came of it. A session folds
   * at the last message of a completed run and at none before it; a run that failed or was called off folds nothing.
   */
  async take(messages: readonly BaseMessage[], stage: RunStage): Promise<void> {
    const last = stage === "running" ? messages.findLastIndex(({ type }) => type === "ai") : messages.length;
    this.said = messages.filter((message) => !isFromLog(message));
    const settled = messages.slice(0, Math.max(0, last)).filter((message) => !isFromLog(message));
    for (const [at, message] of settled.entries()) {
      const id = idOf(message, at);
      if (this.#written.has(id)) continue;
      await this.#append(id, message, stage === "completed" && at === settled.length - 1);
      this.#written.add(id);
    }
  }

  async #append(id: string, message: BaseMessage, fold: boolean): Promise<void> {
    const { sessions, key, invocationId, actions } = this.#options;
    const given = actions(message);
    await sessions.appendEvent({
      session: key,
      event: { id: `${invocationId}:${id}`, message, invocationId, ...(given && { actions: given }) },
      fold,
    });
  }
}

/** A reducer of one's own may leave messages without an id: then its place among what was said is its identity. */
function idOf(message: BaseMessage, at: number): string {
  return message.id ?? `at-${at}`;
}
