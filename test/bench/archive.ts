import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { type BaseCheckpointSaver, MemorySaver, MessagesAnnotation, StateGraph } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { conversationThreshold, extractive, InMemorySessionService } from "@sessionfold/core";
import { archiveThread, foldMessages } from "@sessionfold/langchain";
import { figure, median } from "./measure.ts";

/**
 * What archiving saves: one invoke of a graph on a long thread, which writes and reads the whole state at each step,
 * before and after its folded messages have left. The model answers at once.
 */
const MESSAGES = 20_000;
const ROUNDS = 5;
const KEY = { appName: "bench", userId: "user", sessionId: "archive" };
const config = { configurable: { thread_id: "long" } };

function history(): BaseMessage[] {
  return Array.from({ length: MESSAGES / 2 }, (_, at) => [
    new HumanMessage({
      id: `u${at}`,
      content: `Where is parcel ${at}? It was sent on Monday and should be here.`,
    }),
    new AIMessage({
      id: `a${at}`,
      content: `Parcel ${at} is on its way. It left Leipzig and arrives on Friday.`,
    }),
  ]).flat();
}

function graphOver(checkpointer: BaseCheckpointSaver) {
  const options = {
    summarizer: extractive(),
    trigger: conversationThreshold(100),
    keep: { turns: 10 },
    onOutcome: () => undefined,
  };
  return new StateGraph(MessagesAnnotation)
    .addNode("talk", async ({ messages }) => {
      const folded = await foldMessages(messages, options);
      return { messages: [folded.stamp(new AIMessage("Noted."))] };
    })
    .addEdge("__start__", "talk")
    .compile({ checkpointer });
}

async function invokes(graph: ReturnType<typeof graphOver>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await graph.invoke({ messages: [new HumanMessage("And now?")] }, config);
    times.push(performance.now() - start);
  }
  return median(times.sort((a, b) => a - b));
}

for (const [name, saver] of [
  ["MemorySaver", new MemorySaver()],
  ["SqliteSaver", SqliteSaver.fromConnString(":memory:")],
] as const) {
  const graph = graphOver(saver);
  await graph.invoke({ messages: history() }, config);
  const before = await invokes(graph);
  const sessions = new InMemorySessionService();
  await sessions.createSession(KEY);
  const start = performance.now();
  const outcome = await archiveThread({ graph, config, sessions, key: KEY });
  const took = performance.now() - start;
  const after = await invokes(graph);
  const left = ((await graph.getState(config)).values as { messages: unknown[] }).messages.length;
  if (outcome.kind !== "archived") throw new Error(`Nothing was archived: ${outcome.reason}`);
  console.log(
    `one invoke at ${MESSAGES.toLocaleString("en-US")} messages, ${name}   before ${figure(before, 0)} ms   ` +
      `after ${figure(after, 1)} ms   ratio ${figure(before / after, 0)}   ` +
      `(archiving took ${figure(took, 0)} ms, ${left} messages are left)`,
  );
}
