import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import type { AgentMiddleware } from "langchain";
import type { AgentSetup } from "./contestants/contestant.ts";

/** One model call of an agent, with nothing in it but the folding middleware. Returns what the model would get. */
export type Hook = (messages: readonly BaseMessage[]) => Promise<readonly BaseMessage[]>;

interface Hooks {
  readonly beforeModel?: (
    state: object,
    runtime: object,
  ) => Promise<{ messages?: BaseMessage[] } | undefined>;
  readonly wrapModelCall?: (
    request: object,
    handler: (request: { messages: BaseMessage[] }) => Promise<AIMessage>,
  ) => Promise<unknown>;
}

/** Calls the hook that a middleware has, with the model's answer at once: so the middleware's own time is measured. */
export function hookOf(middleware: AgentMiddleware, { model }: AgentSetup): Hook {
  const { beforeModel, wrapModelCall } = middleware as unknown as Hooks;
  const runtime = { context: {}, configurable: { thread_id: "thread" } };
  return async (given) => {
    const messages = [...given];
    let shown: readonly BaseMessage[] = messages;
    if (beforeModel !== undefined) {
      const update = await beforeModel({ messages }, runtime);
      shown = update?.messages ?? messages;
    } else if (wrapModelCall !== undefined) {
      const request = { model, messages, systemPrompt: "", tools: [], state: { messages }, runtime };
      await wrapModelCall(request, async (asked) => {
        shown = asked.messages;
        return new AIMessage("Understood.");
      });
    } else throw new Error(`${middleware.name} has no hook to call`);
    return shown;
  };
}

/** Copies with the same ids and content, as a checkpointer hands them out. */
export function fresh(messages: readonly BaseMessage[]): BaseMessage[] {
  return messages.map((message) => {
    const { constructor: Class, lc_kwargs: fields } = message as unknown as {
      constructor: new (fields: object) => BaseMessage;
      lc_kwargs: object;
    };
    return new Class({ ...fields });
  });
}
