import { ConfigurationError } from "@sessionfold/core";
import { describe, LONGEST_TIMEOUT_MS } from "@sessionfold/core/engine";
import { type AgentMiddleware, createMiddleware } from "langchain";
import { AgentFilter } from "./agent-filter.ts";
import type { AgentSummarizerOptions } from "./agent-options.ts";

/** How long `close` waits for folds that are under way, in milliseconds. */
const DEFAULT_DRAIN_MS = 10_000;

/** The middleware that `agentSummarizer` makes. */
export interface AgentSummarizer extends AgentMiddleware {
  /** Waits for all folds in the background that are known at the call. */
  flush(): Promise<void>;
  /**
   * Begins no more folds, waits `drainMs` milliseconds (default 10,000) for those under way, then calls them off. Agents
   * go on, with what is folded so far.
   * @throws ConfigurationError when `drainMs` is no number >= 0.
   */
  close(options?: { readonly drainMs?: number | undefined }): Promise<void>;
}

/**
 * Attaches folding to one agent: `createAgent({ ..., middleware: [agentSummarizer()] })`. When the conversation is due, its
 * old part is summarised, in the background if a model writes, and the model gets the summary in its place. The state
 * keeps every message. The summary rides on the answer of the call that uses it, so it survives wherever the messages do.
 *
 * A summary that cannot be written never fails the agent: the model then gets the messages as they are.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function agentSummarizer(options: AgentSummarizerOptions = {}): AgentSummarizer {
  const filter = new AgentFilter(options);
  const { tools } = filter;
  const middleware: AgentMiddleware = createMiddleware({
    name: filter.name,
    ...(tools.length > 0 && { tools }),
    wrapModelCall: (request, handler) => filter.call(request, handler),
  });
  return {
    ...middleware,
    flush: () => filter.flush(),
    close: async ({ drainMs = DEFAULT_DRAIN_MS } = {}) => {
      if (typeof drainMs !== "number" || !(drainMs >= 0))
        throw new ConfigurationError(
          `Expected \`drainMs\` to be milliseconds >= 0, got ${describe(drainMs)}`,
        );
      await filter.close(Math.min(drainMs, LONGEST_TIMEOUT_MS));
    },
  };
}
