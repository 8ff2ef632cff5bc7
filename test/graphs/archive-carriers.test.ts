import { AIMessage, type BaseMessage, HumanMessage, RemoveMessage } from "@langchain/core/messages";
import { type BaseCheckpointSaver, MemorySaver, MessagesAnnotation, StateGraph } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { conversationThreshold, InMemorySessionService, withSummaries } from "@sessionfold/core";
import { agentSummarizer, archive, archiveThread } from "@sessionfold/langchain";
import { createAgent } from "langchain";
import { describe, expect, test } from "vitest";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { DANA, modelServers, told } from "./support.ts";

const serve = modelServers();
const config = { configurable: { thread_id: DANA.sessionId } };
const SAVERS: readonly [string, () => BaseCheckpointSaver][] = [
  ["MemorySaver", () => new MemorySaver()],
  ["SqliteSaver", () => SqliteSaver.fromConnString(":memory:")],
];

/** Agents over one thread, each as a new process would make it. */
async function setUp(saver: BaseCheckpointSaver | undefined, isNested = false) {
  const server = await serve(({ messages }) => `answered ${messages.at(-1)?.content}`);
  const summarizer = stubSummarizer(
    ({ events, previous }) => `SUM of ${events.length}, ${previous.length} before`,
  );
  const sessions = withSummaries(new InMemorySessionService(), { mode: "manual" });
  const warnings: string[] = [];
  const make = () =>
    createAgent({
      model: server.chat(),
      ...(saver !== undefined && !isNested && { checkpointer: saver }),
      middleware: [
        agentSummarizer({
          mode: "inline",
          summarizer,
          trigger: conversationThreshold(3),
          keep: { turns: 1 },
        }),
        archive({
          sessions,
          key: () => DANA,
          minMessages: 1,
          logger: { warn: (message) => warnings.push(message) },
        }),
      ],
    });
  const ask = async (text: string) =>
    (await make().invoke({ messages: [new HumanMessage(text)] }, config)).messages as BaseMessage[];
  const seen = () =>
    (server.requests.at(-1)?.messages ?? []).map(({ role, content }) =>
      content.includes("SUM") ? (/SUM[^\n]*/.exec(content)?.[0] ?? "") : `${role}: ${content}`,
    );
  return { make, ask, seen, sessions, summarizer, warnings };
}

describe.each(SAVERS)("over %s", (_, saver) => {
  test("deleting or editing the latest answer leaves what was archived in the window", async () => {
    const { make, ask, seen } = await setUp(saver());
    let left: BaseMessage[] = [];
    for (let at = 1; at <= 3; at++) left = await ask(`q${at}`);
    // The only answer that is not folded.
    const last = left.at(-1)?.id ?? "";
    expect(left.map(({ text }) => text)).toEqual(["answered q1", "q3", "answered q3"]);
    const corrected = new AIMessage({ id: last, content: "corrected" });
    await make().invoke({ messages: [corrected, new HumanMessage("q4")] }, config);
    expect(seen()).toEqual(["SUM of 4, 0 before", "user: q3", "assistant: corrected", "user: q4"]);
    await make().graph.updateState(config, { messages: [new RemoveMessage({ id: last })] }, "model_request");
    await ask("q5");
    expect(seen()[0]).toMatch(/^SUM/);
  });

  test("all that is not folded may be taken back, again and again", async () => {
    const { make, ask, seen, sessions } = await setUp(saver());
    for (let at = 1; at <= 12; at++) {
      const left = await ask(`q${at}`);
      if (at % 4 !== 0) continue;
      const removals = left.slice(1).map(({ id }) => new RemoveMessage({ id: id ?? "" }));
      await make().graph.updateState(config, { messages: removals }, "model_request");
      await ask(`again ${at}`);
      expect(seen()[0]).toMatch(/^SUM/);
      expect(seen().at(-1)).toBe(`user: again ${at}`);
    }
    // The answer that stayed for the record is not stored a second time.
    expect((await told(sessions)).filter((line) => line.endsWith("answered q1"))).toHaveLength(1);
  });

  test("the answer that stays for the record is shown again once it says something else", async () => {
    const { make, ask, seen } = await setUp(saver());
    let left: BaseMessage[] = [];
    for (let at = 1; at <= 3; at++) left = await ask(`q${at}`);
    const { id = "", response_metadata } = left[0] as BaseMessage;
    const edited = new AIMessage({ id, content: "edited", response_metadata });
    await make().graph.updateState(config, { messages: [edited] }, "model_request");
    await ask("q4");
    expect(seen().filter((line) => line.startsWith("SUM"))).toHaveLength(1);
    expect(seen()).toContain("assistant: edited");
  });

  test("what was archived and comes back unchanged stays behind its summary", async () => {
    const { make, seen, summarizer } = await setUp(saver());
    const client: BaseMessage[] = [];
    for (let at = 1; at <= 8; at++) {
      client.push(new HumanMessage({ id: `h${at}`, content: `q${at}` }));
      // A client that sends all it has, each time.
      const { messages } = await make().invoke({ messages: [...client] }, config);
      client.push(messages.at(-1) as BaseMessage);
      expect(seen().length).toBeLessThanOrEqual(7);
      expect(new Set(seen()).size).toBe(seen().length);
    }
    client[0] = new HumanMessage({ id: "h1", content: "q1 edited" });
    await make().invoke({ messages: [...client, new HumanMessage("last")] }, config);
    // No summary from before the edit hides it: it is sent, or read by the next one.
    const read = summarizer.requests.at(-1)?.events.map(({ message }) => `user: ${message?.text}`);
    expect([...seen(), ...(read ?? [])]).toContain("user: q1 edited");
  });

  test("within another graph archive does nothing, and says so once", async () => {
    const checkpointer = saver();
    const { make, seen, summarizer, warnings, sessions } = await setUp(checkpointer, true);
    const agent = make();
    const graph = () =>
      new StateGraph(MessagesAnnotation)
        .addNode("agent", agent.graph as never)
        .addEdge("__start__", "agent" as never)
        .compile({ checkpointer });
    for (let at = 1; at <= 9; at++) await graph().invoke({ messages: [new HumanMessage(`q${at}`)] }, config);
    expect(warnings).toEqual([expect.stringContaining("archiveThread")]);
    expect(await sessions.getSession({ ...DANA, view: "full" })).toBeNull();
    // At every third question, each on top of the one before.
    expect(summarizer.requests.map(({ previous }) => previous.length)).toEqual([0, 1, 1]);
    expect(seen()[0]).toMatch(/^SUM/);
    const outcome = await archiveThread({ graph: graph(), config, sessions, key: DANA });
    expect(outcome.kind).toBe("archived");
    await graph().invoke({ messages: [new HumanMessage("next")] }, config);
    expect(seen()[0]).toMatch(/^SUM/);
  });
});
