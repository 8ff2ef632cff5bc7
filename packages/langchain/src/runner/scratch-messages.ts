import type { BaseMessage } from "@langchain/core/messages";
import type { SessionEvent } from "@sessionfold/core";

const PREFIX = "sessionfold:";

/**
 * The window as messages for a scratch thread. Their ids say that they are in the log already: a provider's id that repeats
 * can then not take the place of an earlier message. They are the same in every run, so that what a filter of the agent
 * left on a message holds in the next one.
 */
export function toScratch(window: readonly SessionEvent[]): readonly BaseMessage[] {
  return window.flatMap(({ id, message }) => {
    if (message === undefined) return [];
    const scratchId = `${PREFIX}${id}`;
    message.id = scratchId;
    // What a checkpointer writes of a message is what it was constructed with.
    message.lc_kwargs = { ...message.lc_kwargs, id: scratchId };
    return [message];
  });
}

/** Whether a message of a scratch thread came from the log. */
export function isFromLog(message: BaseMessage): boolean {
  return message.id?.startsWith(PREFIX) === true;
}

/**
 * The window without a tool round at its end that waits for results: nobody works on it any more when a run begins, and
 * providers refuse a call without results.
 */
export function withoutOpenRound(window: readonly SessionEvent[]): readonly SessionEvent[] {
  const at = window.findLastIndex(({ message }) => callIdsOf(message).length > 0);
  const answered = window
    .slice(at + 1)
    .filter(({ message }) => message?.type === "tool")
    .map(({ message }) => (message as { tool_call_id?: string } | undefined)?.tool_call_id);
  const isOpen = callIdsOf(window[at]?.message).some((id) => !answered.includes(id));
  return isOpen ? window.slice(0, at) : window;
}

function callIdsOf(message: BaseMessage | undefined): readonly (string | undefined)[] {
  const { tool_calls: calls = [] } = (message ?? {}) as { tool_calls?: readonly { id?: string }[] };
  return message?.type === "ai" ? calls.map(({ id }) => id) : [];
}
