import type { BaseMessage } from "@langchain/core/messages";
import { type BaseCheckpointSaver, MemorySaver } from "@langchain/langgraph";
import type { SummarizeOutcome } from "@sessionfold/core";
import { type AgentSummarizer, type AgentSummarizerOptions, agentSummarizer } from "@sessionfold/langchain";
import { type AgentMiddleware, createAgent, tool } from "langchain";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { type ModelServer, type Script, startModelServer } from "./model-server.ts";
import { type StubSummarizer, stubSummarizer } from "./stub-summarizer.ts";

/** A tool that looks a parcel up. */
export const look = tool(async ({ parcel }) => `Parcel ${parcel} waits at gate 7.`, {
  name: "look",
  description: "Looks a parcel up.",
  schema: z.object({ parcel: z.number() }),
});

/** Looks a parcel up for each question, then answers it. */
export const lookThenAnswer: Script = ({ messages }, call) => {
  const last = messages.at(-1);
  if (last?.role === "user") return { toolCalls: [{ name: "look", args: { parcel: call } }] };
  return `Answer ${call}: ${last?.content}`;
};

/** Starts a server that is closed with the test. */
export async function serving(
  script: Parameters<typeof startModelServer>[0] = lookThenAnswer,
  options: Parameters<typeof startModelServer>[1] = {},
): Promise<ModelServer> {
  const server = await startModelServer(script, options);
  onTestFinished(() => server.close());
  return server;
}

/** A filter whose summaries are written in advance, and what became of its attempts. */
export interface WatchedFilter {
  readonly middleware: AgentSummarizer;
  readonly summarizer: StubSummarizer;
  readonly outcomes: SummarizeOutcome[];
  /** The outcomes of one kind. */
  of<K extends SummarizeOutcome["kind"]>(kind: K): readonly Extract<SummarizeOutcome, { kind: K }>[];
}

/** A real filter that folds in the call; only the writing of summaries is stubbed unless the options name a writer. */
export function watchedFilter(options: AgentSummarizerOptions = {}): WatchedFilter {
  const outcomes: SummarizeOutcome[] = [];
  const summarizer = stubSummarizer(() => `SUMMARY ${summarizer.requests.length}`);
  const writes =
    options.model !== undefined || options.summarizer !== undefined || options.cacheSafe === true;
  const middleware = agentSummarizer({
    mode: "inline",
    ...(!writes && { summarizer }),
    ...options,
    onOutcome: (outcome, context) => {
      outcomes.push(outcome);
      return options.onOutcome?.(outcome, context);
    },
  });
  return {
    middleware,
    summarizer,
    outcomes,
    of: (kind) => outcomes.filter((outcome) => outcome.kind === kind) as never,
  };
}

/** An agent that looks parcels up, on a thread of its own. */
export interface ParcelAgent {
  readonly agent: ReturnType<typeof createAgent>;
  readonly config: { readonly configurable: { readonly thread_id: string } };
  readonly checkpointer: BaseCheckpointSaver;
  /** Asks once; returns all messages of the state. */
  ask(text: string): Promise<readonly BaseMessage[]>;
  /** The messages of the state now. */
  messages(): Promise<readonly BaseMessage[]>;
}

/** How an agent is made. */
export interface ParcelAgentSetup {
  readonly middleware: readonly AgentMiddleware[];
  readonly checkpointer?: BaseCheckpointSaver;
  readonly thread?: string;
  /** More of `createAgent`'s parameters. */
  readonly more?: Partial<Parameters<typeof createAgent>[0]>;
}

/** An agent on a server. */
export function parcelAgent(server: ModelServer, setup: ParcelAgentSetup): ParcelAgent {
  const { middleware, checkpointer = new MemorySaver(), thread = "thread", more } = setup;
  const agent = createAgent({
    model: server.chat(),
    tools: [look],
    systemPrompt: "You watch parcels.",
    checkpointer,
    middleware: [...middleware],
    ...more,
  } as Parameters<typeof createAgent>[0]) as ReturnType<typeof createAgent>;
  const config = { configurable: { thread_id: thread } };
  return {
    agent,
    config,
    checkpointer,
    ask: async (text) => {
      const state = await agent.invoke({ messages: [{ role: "user", content: text }] }, config);
      return (state as unknown as { messages: readonly BaseMessage[] }).messages;
    },
    messages: async () => {
      const { values } = await agent.graph.getState(config);
      return (values as { messages?: readonly BaseMessage[] }).messages ?? [];
    },
  };
}

/** How many messages of the conversation each request carried. */
export function sizes(server: ModelServer): readonly number[] {
  return server.requests.map(({ messages }) => messages.filter(({ role }) => role !== "system").length);
}

/** Which summaries stand in a request, by their number. */
export function summariesIn(server: ModelServer, at: number = -1): readonly string[] {
  const messages = server.requests.at(at)?.messages ?? [];
  return messages.flatMap(({ content }) => [...content.matchAll(/SUMMARY \d+/g)].map(([found]) => found));
}
