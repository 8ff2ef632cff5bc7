import type { StructuredToolInterface } from "@langchain/core/tools";
import { type AgentMiddleware, createAgent } from "langchain";
import type { Agent, AgentSetup } from "./contestant.ts";

/** What agents are made of. */
export interface AgentParams
  extends Pick<AgentSetup, "model" | "systemPrompt" | "checkpointer" | "responseFormat"> {
  readonly tools: readonly StructuredToolInterface[];
  readonly middleware: readonly AgentMiddleware[];
}

/** The parameters of an agent with this middleware inside the user's own. */
export function paramsOf(setup: AgentSetup, middleware: AgentMiddleware): AgentParams {
  const { model, tools = [], systemPrompt, checkpointer, responseFormat } = setup;
  return {
    model,
    tools,
    middleware: [...(setup.middleware ?? []), middleware],
    ...(systemPrompt !== undefined && { systemPrompt }),
    ...(checkpointer && { checkpointer }),
    ...(responseFormat && { responseFormat }),
  };
}

/** LangChain's `createAgent`; its own types follow the schemas of one agent, these are the same for all. */
export const plainAgent = createAgent as unknown as (params: AgentParams) => Agent;
