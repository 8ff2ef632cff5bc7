import type { ModelRequest } from "langchain";

/** By this entry of `configurable` a run is handed its checkpointer: its own, that of the graph around it, or one for a run. */
export const CHECKPOINTER_FIELD = "__pregel_checkpointer";

/**
 * Whether the messages of a run are stored on a thread, so that a later run finds them by the ids they have now. Without a
 * checkpointer, the ids that LangGraph gives to messages end with the run.
 */
export function isStored({ configurable }: ModelRequest["runtime"]): boolean {
  const { thread_id: threadId, [CHECKPOINTER_FIELD]: checkpointer } = (configurable ?? {}) as Readonly<
    Record<string, unknown>
  >;
  return threadId !== undefined && typeof checkpointer === "object" && checkpointer !== null;
}
