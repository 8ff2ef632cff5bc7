import { ConfigurationError, describe } from "@sessionfold/core";
import {
  type AgentSummarizerOptions,
  type ResolvedFilterOptions,
  resolveFilterOptions,
} from "../agent/agent-options.ts";

/** What only a model call of `createAgent` can do. */
const AGENT_ONLY = [
  "cacheSafe",
  "trimToolResults",
  "recall",
  "mode",
  "limit",
  "limitWaitMs",
  "maxConcurrentFolds",
  "waitUntil",
] as const;

/** Options of `foldMessages` and `foldHook`: those of `agentSummarizer` that need no agent. */
export type FoldOptions = Omit<AgentSummarizerOptions, (typeof AGENT_ONLY)[number]>;

/**
 * Checks options and fills in the defaults.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function resolveFoldOptions(given: FoldOptions): ResolvedFilterOptions {
  if (typeof given !== "object" || given === null)
    throw new ConfigurationError(`Expected \`options\` to be an object, got ${describe(given)}`);
  for (const option of AGENT_ONLY) {
    if ((given as Record<string, unknown>)[option] === undefined) continue;
    throw new ConfigurationError(`Expected no \`${option}\` here: it is an option of agentSummarizer`);
  }
  const options = resolveFilterOptions(given);
  if (options.scope === "agent" && options.agent === undefined)
    throw new ConfigurationError(
      "Expected `agent` to be the agent's name, got undefined: `scope` asks for it",
    );
  return options;
}
