import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { MemorySaver, MessagesAnnotation, StateGraph } from "@langchain/langgraph";
import { allOf, anyOf, conversationThreshold, eventCountThreshold, textThreshold } from "@sessionfold/core";
import { agentSummarizer } from "@sessionfold/langchain";
import { createAgent, tool } from "langchain";
import { z } from "zod";

/** What one agent came to. */
export interface AgentRow {
  readonly agent: string;
  /** How often its own part was folded. */
  readonly folds: number;
  /** Messages in its last call: its own part folded, all others as they were said. */
  readonly toModel: number;
  /** Whether that call had every question of the user, word for word. */
  readonly questionsKept: boolean;
}

const TURNS = 12;
const thread = { configurable: { thread_id: "report" } };

const search = tool(async ({ topic }) => `${topic}: ${"a finding worth a line. ".repeat(20)}`, {
  name: "search",
  description: "Searches for a topic.",
  schema: z.object({ topic: z.string() }),
});

/** Two agents in one thread. Each folds what it said itself; what the other and the user said stays as it is. */
export async function supervisorAndWorkers(): Promise<readonly AgentRow[]> {
  const folds = new Map<string, number>();
  const filter = () =>
    agentSummarizer({
      scope: "agent",
      // Folds a part of more than 12 KiB at once, and a smaller one, from 8 events on, when the user has come back.
      trigger: anyOf(textThreshold(12 * 1024), allOf(conversationThreshold(2), eventCountThreshold(8))),
      keep: { events: 2, align: "round" },
      onOutcome: (outcome, { agent = "" }) => {
        if (outcome.kind === "summarized") folds.set(agent, (folds.get(agent) ?? 0) + 1);
      },
    });

  // They stand in for real chat models, so that the example needs no key.
  const models = { researcher: fakeModel(), writer: fakeModel() };
  for (let turn = 1; turn <= TURNS; turn++) {
    const call = { id: `search-${turn}`, name: "search", args: { topic: `topic ${turn}` } };
    models.researcher.respond(new AIMessage({ content: "", tool_calls: [call] }));
    models.researcher.respond(new AIMessage(`What I found on topic ${turn}: ${"it matters. ".repeat(30)}`));
    models.writer.respond(new AIMessage(`Paragraph ${turn}: ${"as the researcher found. ".repeat(30)}`));
  }
  const researcher = createAgent({
    model: models.researcher,
    tools: [search],
    name: "researcher",
    middleware: [filter()],
  });
  const writer = createAgent({ model: models.writer, name: "writer", middleware: [filter()] });

  const graph = new StateGraph(MessagesAnnotation)
    .addNode("researcher", researcher.graph)
    .addNode("writer", writer.graph)
    .addEdge("__start__", "researcher")
    .addEdge("researcher", "writer")
    .compile({ checkpointer: new MemorySaver() });
  const questions = Array.from({ length: TURNS }, (_, at) => `Write a paragraph on topic ${at + 1}.`);
  for (const content of questions) await graph.invoke({ messages: [{ role: "user", content }] }, thread);

  return Object.entries(models).map(([agent, model]) => {
    const sent: readonly BaseMessage[] = model.calls.at(-1)?.messages ?? [];
    return {
      agent,
      folds: folds.get(agent) ?? 0,
      toModel: sent.length,
      questionsKept: questions.every((question) => sent.some(({ text }) => text === question)),
    };
  });
}

if (import.meta.main) console.table(await supervisorAndWorkers());
