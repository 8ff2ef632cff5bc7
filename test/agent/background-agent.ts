import type { BaseMessage } from "@langchain/core/messages";
import { eventCountThreshold } from "@sessionfold/core";
import type { AgentSummarizerOptions } from "@sessionfold/langchain";
import { onTestFinished } from "vitest";
import { type Gate, gate } from "../background/support.ts";
import { byModel, type CompletionRequest, type ModelServer, type Script } from "../support/model-server.ts";
import {
  lookThenAnswer,
  type ParcelAgent,
  type ParcelAgentSetup,
  parcelAgent,
  serving,
  type WatchedFilter,
  watchedFilter,
} from "../support/parcel-agent.ts";

/** Due with the answer to the third question, of which each makes four messages; keeps one turn. */
export const policy = { trigger: eventCountThreshold(12), keep: { turns: 1 }, retry: false } as const;

/** A model server on which one model answers the user and another one writes summaries. */
export interface TwoModels {
  readonly server: ModelServer;
  /** What the agent's model was asked. */
  asked(): readonly CompletionRequest[];
  /** What the summarizing model was asked. */
  written(): readonly CompletionRequest[];
}

/** Starts both; the summarizing model numbers its summaries unless it has a script of its own. */
export async function twoModels(
  writer: Script = (_, call) => `SUMMARY ${call + 1}`,
  agent: Script = lookThenAnswer,
): Promise<TwoModels> {
  const server = await serving(byModel({ "gpt-4o-mini": agent, writer }));
  const of = (name: string) => server.requests.filter(({ model }) => model === name);
  return { server, asked: () => of("gpt-4o-mini"), written: () => of("writer") };
}

/** A summarizing model that answers nothing until its gate is open. */
export function heldWriter(): { readonly writer: Script; readonly held: Gate } {
  const held = gate();
  const writer: Script = async (_, call) => {
    await held.opened;
    return `SUMMARY ${call + 1}`;
  };
  return { writer, held };
}

/** A filter that folds in the background, with the summarizing model of a server. It is closed with the test. */
export function backgroundFilter(
  { server }: Pick<TwoModels, "server">,
  options: AgentSummarizerOptions = {},
): WatchedFilter {
  const writes = options.cacheSafe !== true && options.summarizer === undefined;
  const filter = watchedFilter({
    mode: "background",
    ...policy,
    ...(writes && { model: server.chat({ model: "writer" }) }),
    ...options,
  });
  onTestFinished(() => filter.middleware.close({ drainMs: 0 }));
  return filter;
}

/** An agent with such a filter. */
export interface BackgroundAgent extends ParcelAgent {
  readonly filter: WatchedFilter;
}

/** Makes an agent on these models. */
export function backgroundAgent(
  models: Pick<TwoModels, "server">,
  options: AgentSummarizerOptions = {},
  setup: Omit<ParcelAgentSetup, "middleware"> = {},
): BackgroundAgent {
  const filter = backgroundFilter(models, options);
  return { filter, ...parcelAgent(models.server, { ...setup, middleware: [filter.middleware] }) };
}

/** Asks so many questions, counted from `from`. */
export async function askTurns({ ask }: Pick<ParcelAgent, "ask">, count: number, from = 0): Promise<void> {
  for (let turn = from; turn < from + count; turn++) await ask(`Question ${turn}`);
}

/** How many messages of the conversation a request carried, and which summaries stand in it. */
export function shownIn(request: CompletionRequest | undefined): {
  readonly size: number;
  readonly summaries: readonly string[];
} {
  const messages = request?.messages.filter(({ role }) => role !== "system") ?? [];
  const summaries = messages.flatMap(({ content }) =>
    [...content.matchAll(/SUMMARY \d+/g)].map(([found]) => found),
  );
  return { size: messages.length, summaries };
}

/** Where in a list of messages records of summaries ride. */
export function carriers(messages: readonly BaseMessage[]): readonly number[] {
  return messages.flatMap(({ response_metadata }, at) =>
    (response_metadata.sessionfold as { sessionfold?: { records?: unknown } } | undefined)?.sessionfold
      ?.records === undefined
      ? []
      : [at],
  );
}
