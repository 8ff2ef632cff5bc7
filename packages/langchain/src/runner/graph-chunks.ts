import type { RunnableConfig } from "@langchain/core/runnables";
import type { RunInterrupt } from "./run-result.ts";
import type { RunnableAgent, RunStreamOptions } from "./runner-options.ts";

/** A chunk for the caller, or the state after a step. */
export type Chunk =
  | { readonly kind: "chunk"; readonly chunk: unknown }
  | { readonly kind: "values"; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: "interrupted"; readonly interrupts: readonly RunInterrupt[] };

/** Runs the graph: the chunks that were asked for in their usual form, and the state after each step. */
export async function* graphChunks(
  agent: RunnableAgent,
  input: unknown,
  config: RunnableConfig,
  { streamMode = "updates", subgraphs = false }: RunStreamOptions,
): AsyncGenerator<Chunk> {
  const asked: readonly string[] = typeof streamMode === "string" ? [streamMode] : streamMode;
  const stream = await agent.stream(
    input as never,
    // One checkpoint at the end is enough: what a step said is in the log.
    { durability: "exit", ...config, streamMode: [...new Set([...asked, "values"])], subgraphs } as never,
  );
  for await (const told of stream) {
    const [mode, data] = (subgraphs ? (told as unknown[]).slice(1) : told) as [string, unknown];
    const namespace = (subgraphs ? (told as [readonly string[]])[0] : []) as readonly string[];
    // The log first: whoever stops to read at this chunk has seen it.
    if (mode === "values" && namespace.length === 0) {
      const { __interrupt__: interrupts, ...values } = data as Record<string, unknown>;
      if (interrupts === undefined) yield { kind: "values", values };
      else yield { kind: "interrupted", interrupts: interrupts as readonly RunInterrupt[] };
    }
    if (!asked.includes(mode)) continue;
    const single = subgraphs ? [namespace, data] : data;
    yield { kind: "chunk", chunk: typeof streamMode === "string" ? single : told };
  }
}
