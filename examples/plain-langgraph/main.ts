import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { MemorySaver, MessagesAnnotation, StateGraph } from "@langchain/langgraph";
import { conversationThreshold } from "@sessionfold/core";
import { type FoldOptions, foldMessages, threadSessions } from "@sessionfold/langchain";

/** A line of the table: what the state keeps and what the model saw in that turn. */
export interface TurnRow {
  readonly turn: number;
  readonly inState: number;
  readonly toModel: number;
}

/** What the example comes to. */
export interface PlainLanggraph {
  readonly rows: readonly TurnRow[];
  /** How many messages the last summary stands for, read from the thread. */
  readonly unfolded: number;
}

const TURNS = 9;
const thread = { configurable: { thread_id: "trip" } };

// One object for all calls: what is known of the messages is then not worked out again each time.
const folding: FoldOptions = { trigger: conversationThreshold(4), keep: { turns: 2 } };

/** A graph of one's own: its node folds what it sends, and the answer carries the record of the summary. */
export async function plainLanggraph(): Promise<PlainLanggraph> {
  // It stands in for a real chat model, so that the example needs no key.
  const model = fakeModel();
  for (let turn = 1; turn <= TURNS; turn++)
    model.respond(
      new AIMessage(`Noted: stop ${turn} of the trip is Harbour ${turn}, two nights, ferry at nine.`),
    );

  const graph = new StateGraph(MessagesAnnotation)
    .addNode("talk", async ({ messages }) => {
      const folded = await foldMessages(messages, folding);
      const answer = await model.invoke([...folded.messages]);
      return { messages: [folded.stamp(answer)] };
    })
    .addEdge("__start__", "talk")
    .compile({ checkpointer: new MemorySaver() });

  const rows: TurnRow[] = [];
  for (let turn = 1; turn <= TURNS; turn++) {
    const question = new HumanMessage(`Please add stop ${turn}: Harbour ${turn}, two nights, by ferry.`);
    const { messages } = await graph.invoke({ messages: [question] }, thread);
    rows.push({ turn, inState: messages.length, toModel: model.calls.at(-1)?.messages.length ?? 0 });
  }

  // The thread read as a session: its summary, and the messages behind it.
  const sessions = threadSessions(graph);
  const session = { appName: "langgraph", userId: "user", sessionId: "trip" };
  const summary = await sessions.getSummary(session);
  const unfolded = summary === null ? [] : await sessions.unfold(session, summary.id);
  return { rows, unfolded: unfolded.length };
}

if (import.meta.main) {
  const { rows, unfolded } = await plainLanggraph();
  console.table(rows);
  console.log(`The summary stands for ${unfolded} messages, all of them still in the state.`);
}
