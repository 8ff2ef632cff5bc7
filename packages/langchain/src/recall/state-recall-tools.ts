import type { BaseMessage } from "@langchain/core/messages";
import type { StructuredToolInterface, ToolRuntime } from "@langchain/core/tools";
import { getCurrentTaskInput, type LangGraphRunnableConfig } from "@langchain/langgraph";
import { FoldedLog, validate } from "@sessionfold/core";
import { z } from "zod";
import { eventsOfMessages } from "../messages/message-events.ts";
import { makeTools } from "./make-tools.ts";
import { recallEntries } from "./recall-entries.ts";
import { type RecallOptions, recallShape, resolveRecallOptions } from "./recall-options.ts";

/** Options of `stateRecallTools`. */
export interface StateRecallOptions extends RecallOptions {
  /** Name of the filter whose summaries count. It decides only what is told to be folded. Default "sessionfold". */
  readonly name?: string | undefined;
  /** Key of the messages in the state. Default `messages`. */
  readonly messagesKey?: string | undefined;
}

const A_TEXT = "a text with something in it";
const text = z.string({ error: A_TEXT }).min(1, { error: A_TEXT });
const schema: z.ZodType<StateRecallOptions> = z.strictObject(
  { ...recallShape, name: text.optional(), messagesKey: text.optional() },
  { error: "an object" },
);

/**
 * The recall tools over the messages in the state of the agent that calls them, folded ones included. Nothing that the
 * model asks for leads out of that state.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function stateRecallTools(
  options: StateRecallOptions = {},
): readonly [StructuredToolInterface, StructuredToolInterface] {
  const { name, messagesKey = "messages", ...rest } = validate(schema, options);
  const resolved = resolveRecallOptions(rest);
  const own = [resolved.searchName, resolved.loadName];
  return makeTools(async (runtime) => {
    const log = FoldedLog.of(eventsOfMessages(messagesIn(runtime, messagesKey), { name }));
    return recallEntries(log, own);
  }, resolved);
}

function messagesIn(runtime: ToolRuntime, key: string): readonly BaseMessage[] {
  // A tool node of LangGraph's own, unlike that of `createAgent`, hands the state over by its task alone.
  const state = (runtime.state ?? getCurrentTaskInput(runtime as unknown as LangGraphRunnableConfig)) as
    | Readonly<Record<string, unknown>>
    | undefined;
  const messages = state?.[key];
  return Array.isArray(messages) ? (messages as readonly BaseMessage[]) : [];
}
