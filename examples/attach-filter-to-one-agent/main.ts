import { AIMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { MemorySaver } from "@langchain/langgraph";
import { conversationThreshold } from "@sessionfold/core";
import { agentSummarizer } from "@sessionfold/langchain";
import { createAgent } from "langchain";

/** A line of the table: what the state keeps and what the model saw in that turn. */
export interface TurnRow {
  readonly turn: number;
  readonly inState: number;
  readonly toModel: number;
}

const TURNS = 10;
const thread = { configurable: { thread_id: "trip" } };

/** One line on an agent: it folds by itself, and the thread keeps every message. */
export async function attachFilterToOneAgent(): Promise<readonly TurnRow[]> {
  // It stands in for a real chat model, so that the example needs no key.
  const model = fakeModel();
  for (let turn = 1; turn <= TURNS; turn++)
    model.respond(
      new AIMessage(`Noted: stop ${turn} is Harbour ${turn}, two nights, and the ferry leaves at nine.`),
    );

  const agent = createAgent({
    model,
    systemPrompt: "You plan a trip.",
    checkpointer: new MemorySaver(),
    middleware: [agentSummarizer({ trigger: conversationThreshold(4), keep: { turns: 2 } })],
  });

  const rows: TurnRow[] = [];
  for (let turn = 1; turn <= TURNS; turn++) {
    const content = `Please add stop ${turn}: Harbour ${turn}, two nights, by ferry.`;
    const { messages } = await agent.invoke({ messages: [{ role: "user", content }] }, thread);
    const sent = model.calls.at(-1)?.messages.filter(({ type }) => type !== "system") ?? [];
    rows.push({ turn, inState: messages.length, toModel: sent.length });
  }
  return rows;
}

if (import.meta.main) console.table(await attachFilterToOneAgent());
