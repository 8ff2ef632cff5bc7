import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { conversationThreshold, InMemorySessionService, withSummaries } from "@sessionfold/core";
import { createSessionRunner, recallTools, runnerSession } from "@sessionfold/langchain";
import { createAgent } from "langchain";

/** What the example comes to. */
export interface RunnerExample {
  /** Entries in the log of the session, its summaries included. */
  readonly log: number;
  /** Messages that the model got in its last call. */
  readonly window: number;
  /** Summaries that were written on the way. */
  readonly folds: number;
  /** What the agent answered at the end, by looking it up. */
  readonly answer: string;
  /** The text of that answer as it was streamed. */
  readonly streamed: string;
}

const TURNS = 12;
const session = { appName: "parcels", userId: "dana", sessionId: "chat-1" };

/** An agent without a checkpointer, run over a session service that folds; what was folded it looks up by itself. */
export async function runnerOverSessionService(): Promise<RunnerExample> {
  const sessions = withSummaries(new InMemorySessionService(), {
    mode: "inline",
    trigger: conversationThreshold(4),
    keep: { turns: 2 },
    maxSummaryLength: 200,
  });
  await sessions.createSession(session);

  // It stands in for a real chat model, so that the example needs no key.
  const model = fakeModel();
  for (let turn = 1; turn <= TURNS; turn++) model.respond(new AIMessage(`Noted, parcel ${turn}.`));
  const search = { id: "call-1", name: "search_history", args: { query: "door code" } };
  model.respond(new AIMessage({ content: "", tool_calls: [search] }));
  model.respond((messages) => new AIMessage(`The door code is ${codeIn(messages.at(-1))}.`));

  const agent = createAgent({ model, tools: [...recallTools(sessions, { key: runnerSession })] });
  const runner = createSessionRunner({ agent, sessions });
  for (let turn = 1; turn <= TURNS; turn++) {
    const more = turn === 2 ? " The door code is 4711." : "";
    await runner.run({ session, input: `Parcel ${turn} should arrive on day ${turn} of the month.${more}` });
  }

  const stream = runner.stream({ session, input: "What was the door code?", streamMode: "messages" });
  let streamed = "";
  for await (const chunk of stream) {
    const [message] = chunk as [BaseMessage];
    if (message.type === "ai") streamed += message.text;
  }
  const { messages } = await stream.result;

  const full = await sessions.getSession({ ...session, view: "full" });
  return {
    log: full?.events.length ?? 0,
    window: model.calls.at(-1)?.messages.length ?? 0,
    folds: (await sessions.listSummaries(session)).length,
    answer: messages.at(-1)?.text ?? "",
    streamed,
  };
}

function codeIn(result: BaseMessage | undefined): string {
  return /door code is (\d+)/.exec(result?.text ?? "")?.[1] ?? "unknown";
}

if (import.meta.main) console.table(await runnerOverSessionService());
