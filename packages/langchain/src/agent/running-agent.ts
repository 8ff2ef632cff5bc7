import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { ConfigurationError } from "@sessionfold/core";

/**
 * The name of the agent whose model is being called: the one given, else the one that `createAgent` puts into the metadata
 * of its runs.
 */
export function runningAgent(given: string | undefined): string | undefined {
  if (given !== undefined) return given;
  const config = AsyncLocalStorageProviderSingleton.getRunnableConfig() as
    | { readonly metadata?: { readonly lc_agent_name?: unknown } }
    | undefined;
  const name = config?.metadata?.lc_agent_name;
  return typeof name === "string" && name !== "" ? name : undefined;
}

/**
 * The scope of a call.
 * @throws ConfigurationError when one agent is to be folded and it has no name.
 */
export function scopeOf(scope: "thread" | "agent", agent: string | undefined): string | undefined {
  if (scope === "thread") return undefined;
  if (agent !== undefined) return agent;
  throw new ConfigurationError(
    'Expected an agent with a name, got none: `scope: "agent"` needs createAgent({ name }) or the option `agent`',
  );
}
