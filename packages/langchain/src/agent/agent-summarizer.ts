import { type AgentMiddleware, createMiddleware } from "langchain";
import { AgentFilter } from "./agent-filter.ts";
import type { AgentSummarizerOptions } from "./agent-options.ts";

/**
 * Attaches folding to one agent: `createAgent({ ..., middleware: [agentSummarizer()] })`. When the conversation is due, its
 * old part is summarised before the model is called, and the model gets the summary in its place. The state keeps every
 * message. The summary rides on the answer of that call, so it survives wherever the messages do.
 *
 * A summary that cannot be written never fails the agent: the model then gets the messages as they are.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function agentSummarizer(options: AgentSummarizerOptions = {}): AgentMiddleware {
  const filter = new AgentFilter(options);
  const { tools } = filter;
  return createMiddleware({
    name: filter.name,
    ...(tools.length > 0 && { tools }),
    wrapModelCall: (request, handler) => filter.call(request, handler),
  });
}
