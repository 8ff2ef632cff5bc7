import type { AIMessage, BaseMessage, BaseMessageLike, ToolMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import { isAiMessage } from "@sessionfold/core/engine";
import { stampedCopy } from "../messages/stamped-copy.ts";
import type { SummaryRecord } from "../messages/summary-records.ts";
import { stampsOf } from "../messages/summary-records.ts";
import { type FoldOptions, resolveFoldOptions } from "./fold-options.ts";
import { MessageFolder } from "./message-folder.ts";

/** What the hook gives back to the graph. */
export interface FoldHookUpdate {
  /** What the model sees; empty where that is the state's messages as they are. */
  readonly llmInputMessages: BaseMessageLike[];
  /** One of the state's own messages, now with the record of a summary on it. It takes its own place. */
  readonly messages?: BaseMessage[];
}

/** A hook for `createReactAgent({ preModelHook })`. */
export type FoldHook = (
  state: { readonly messages: readonly BaseMessage[] },
  config?: RunnableConfig,
) => Promise<FoldHookUpdate>;

/**
 * Folding for LangGraph's `createReactAgent`, as its `preModelHook`. The model sees the window; `state.messages` stays
 * whole. The record of a summary is put on the latest AI message of the state, which stays where and what it is, so it
 * survives restarts and forks, and does not count once what it covers was edited or deleted.
 *
 * The hook sees neither the prompt nor the tools: leave room for them in the trigger.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function foldHook(options: FoldOptions = {}): FoldHook {
  const folder = new MessageFolder(resolveFoldOptions(options));
  return async ({ messages }, config = {}) => {
    const threadId: unknown = config.configurable?.thread_id;
    const { conversation, window } = await folder.fold(messages, {
      signal: config.signal,
      ...(typeof threadId === "string" && { threadId }),
    });
    const carrier = carrierFor(conversation.unstored, messages, folder.options.name);
    return {
      // An empty list lets the agent take its messages, and keeps a second copy of them out of the checkpoint.
      llmInputMessages: window === messages ? [] : toInput(window, messages),
      ...(carrier !== undefined && { messages: [carrier] }),
    };
  };
}

/**
 * The window for the graph. What stands in the window alone is handed over as plain data: a message would be streamed to
 * the user as if somebody had said it.
 */
function toInput(window: readonly BaseMessage[], messages: readonly BaseMessage[]): BaseMessageLike[] {
  const ids = new Set(messages.map(({ id }) => id));
  return window.map((message) => {
    if (message.id !== undefined && ids.has(message.id)) return message;
    const { content } = message;
    if (message.type === "human") return { role: "user", content };
    if (message.type === "system") return { role: "system", content };
    if (message.type !== "tool") return message;
    const { tool_call_id, name, status } = message as ToolMessage;
    return { role: "tool", content, tool_call_id, ...(name !== undefined && { name }), status };
  }) as BaseMessageLike[];
}

/** The latest AI message with the records that no message carries yet; undefined where there is none to put them on. */
function carrierFor(
  unstored: readonly SummaryRecord[],
  messages: readonly BaseMessage[],
  name: string,
): AIMessage | undefined {
  if (unstored.length === 0) return undefined;
  const carried = new Set(messages.flatMap((message) => recordsOn(message, name).map(idOf)));
  const records = unstored.filter((record) => !carried.has(idOf(record)));
  const at = messages.findLastIndex((message) => isAiMessage(message) && message.id !== undefined);
  const latest = messages[at];
  if (records.length === 0 || latest === undefined || !isAiMessage(latest)) return undefined;
  const behind = new Set(messages.slice(at + 1).map(({ id }) => id));
  const ready = records.filter((record) => !coveredBy(record).some((id) => behind.has(id)));
  if (ready.length === 0) return undefined;
  return stampedCopy(latest, name, { records: [...recordsOn(latest, name), ...ready] });
}

function recordsOn(message: BaseMessage, name: string): readonly SummaryRecord[] {
  return stampsOf(message)?.[name]?.records ?? [];
}

function idOf({ summary }: SummaryRecord): unknown {
  return (summary as { id?: unknown } | null)?.id;
}

function coveredBy({ summary }: SummaryRecord): readonly string[] {
  const { coverage } = summary as { coverage: { direct: readonly string[]; omitted: readonly string[] } };
  return [...coverage.direct, ...coverage.omitted];
}
