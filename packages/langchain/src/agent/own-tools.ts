import { ConfigurationError } from "@sessionfold/core";
import type { ModelRequest } from "langchain";

/**
 * Sees to it that the tools which the filter brings along are the only ones of their names: a model could not tell them
 * apart, and its provider would refuse the request without saying who made it.
 * @throws ConfigurationError that names the tool.
 */
export function refuseNamesakes(own: ReadonlySet<string>, tools: ModelRequest["tools"]): void {
  if (own.size === 0) return;
  const seen = new Set<unknown>();
  for (const tool of tools) {
    const name: unknown = "name" in tool ? tool.name : undefined;
    if (typeof name !== "string" || !own.has(name)) continue;
    if (seen.has(name))
      throw new ConfigurationError(
        `Expected one tool named ${name}, got another one of the agent's: \`recall\` brings one along, whose name \`searchName\` or \`loadName\` sets`,
      );
    seen.add(name);
  }
}
