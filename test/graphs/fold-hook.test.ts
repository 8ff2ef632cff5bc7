import { AIMessage, type BaseMessage, HumanMessage, RemoveMessage } from "@langchain/core/messages";
import { type BaseCheckpointSaver, MemorySaver, MessagesAnnotation, StateGraph } from "@langchain/langgraph";
import { createReactAgent } from "@langchain/langgraph/prebuilt";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { conversationThreshold } from "@sessionfold/core";
import { type FoldOptions, foldHook, threadSessions } from "@sessionfold/langchain";
import { describe, expect, test } from "vitest";
import type { ModelServer } from "../support/model-server.ts";
import { type StubSummarizer, stubSummarizer } from "../support/stub-summarizer.ts";
import { modelServers, weather } from "./support.ts";

const serve = modelServers();

const config = { configurable: { thread_id: "t" } };

function policy(summarizer: StubSummarizer): FoldOptions {
  return {
    summarizer,
    trigger: conversationThreshold(3),
    keep: { turns: 1 },
  };
}

async function setUp(saver: BaseCheckpointSaver = new MemorySaver()) {
  const server = await serve((_, at) => `answer ${at + 1}`);
  const summarizer = stubSummarizer(({ events }) => `SUM of ${events.length}`);
  const make = () =>
    createReactAgent({
      llm: server.chat(),
      tools: [weather],
      preModelHook: foldHook(policy(summarizer)),
      checkpointer: saver,
    });
  const ask = (agent: ReturnType<typeof make>, text: string) =>
    agent.invoke({ messages: [new HumanMessage(text)] }, config);
  return { server, summarizer, make, ask };
}

const seen = (server: ModelServer) =>
  (server.requests.at(-1)?.messages ?? []).map(({ role, content }) =>
    content.includes("SUM") ? "SUM" : `${role}: ${content}`,
  );
const texts = (messages: readonly BaseMessage[]) => messages.map(({ content }) => content);

describe.each([
  ["MemorySaver", () => new MemorySaver()],
  ["SqliteSaver", () => SqliteSaver.fromConnString(":memory:")],
])("over %s", (_, saver) => {
  test("the model sees the window, the state stays whole, and a new process writes no second summary", async () => {
    const { server, summarizer, make, ask } = await setUp(saver());
    const agent = make();
    for (const text of ["q1", "q2", "q3"]) await ask(agent, text);
    expect(seen(server)).toEqual(["SUM", "user: q3"]);
    const { messages } = await ask(make(), "q4");
    expect(summarizer.requests).toHaveLength(1);
    expect(seen(server)).toEqual(["SUM", "user: q3", "assistant: answer 3", "user: q4"]);
    expect(texts(messages)).toEqual(["q1", "answer 1", "q2", "answer 2", "q3", "answer 3", "q4", "answer 4"]);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
  });

  test("a fork from before the fold sees no summary, one from behind it does", async () => {
    const { server, make, ask } = await setUp(saver());
    const agent = make();
    for (const text of ["q1", "q2", "q3"]) await ask(agent, text);
    const forks: Record<number, object> = {};
    for await (const { config, values, next } of agent.getStateHistory({
      configurable: { thread_id: "t" },
    })) {
      const count = (values as { messages?: unknown[] }).messages?.length ?? 0;
      if (next.length === 0) forks[count] ??= config;
    }
    await make().invoke({ messages: [new HumanMessage("other")] }, forks[2] as never);
    expect(seen(server)).toEqual(["user: q1", "assistant: answer 1", "user: other"]);
    await make().invoke({ messages: [new HumanMessage("other")] }, forks[6] as never);
    expect(seen(server)[0]).toBe("SUM");
  });

  test("an edited or deleted message makes the record count no more", async () => {
    for (const change of [
      (first: BaseMessage) => new HumanMessage({ id: first.id as string, content: "q1, corrected" }),
      (first: BaseMessage) => new RemoveMessage({ id: first.id as string }),
    ]) {
      const { server, summarizer, make, ask } = await setUp(saver());
      const agent = make();
      for (const text of ["q1", "q2", "q3"]) await ask(agent, text);
      const { values } = await agent.getState(config);
      await agent.updateState(config, { messages: [change(values.messages[0] as BaseMessage)] });
      await ask(make(), "q4");
      // The old summary is out of force; what is there now is due anew and read afresh.
      expect(summarizer.requests).toHaveLength(2);
      expect(summarizer.requests[1]?.events.length).toBeGreaterThan(1);
      expect(seen(server)[0]).toBe("SUM");
    }
  });
});

test("folds within one long run, between its tool rounds", async () => {
  let rounds = 0;
  const server = await serve(() =>
    ++rounds <= 12 ? { toolCalls: [{ name: "weather", args: { city: `city ${rounds}` } }] } : "done",
  );
  const summarizer = stubSummarizer("SUM");
  const agent = createReactAgent({
    llm: server.chat(),
    tools: [weather],
    preModelHook: foldHook({
      summarizer,
      trigger: (statistics) => statistics.events >= 8,
      keep: { events: 4 },
    }),
    checkpointer: new MemorySaver(),
  });
  const { messages } = await agent.invoke(
    { messages: [new HumanMessage("go")] },
    { ...config, recursionLimit: 100 },
  );
  expect(messages).toHaveLength(26);
  expect(summarizer.requests.length).toBeGreaterThan(2);
  expect(seen(server)[0]).toBe("user: go");
  expect(server.requests.at(-1)?.messages.length).toBeLessThan(10);
});

test("nothing of the hook is streamed to the user as a message", async () => {
  const { make, ask } = await setUp();
  const agent = make();
  for (const text of ["q1", "q2", "q3"]) await ask(agent, text);
  const other = make();
  const streamed: string[] = [];
  for (const text of ["q4", "q5"]) {
    const stream = await other.stream(
      { messages: [new HumanMessage(text)] },
      { ...config, streamMode: "messages" },
    );
    for await (const [message] of stream) streamed.push(String((message as BaseMessage).content));
  }
  expect(streamed.filter(Boolean).join("|")).toBe("answer 4|answer 5");
});

test("a fold that fails leaves the agent its messages", async () => {
  const server = await serve((_, at) => `answer ${at + 1}`);
  const outcomes: string[] = [];
  const agent = createReactAgent({
    llm: server.chat(),
    tools: [],
    preModelHook: foldHook({
      ...policy(stubSummarizer(() => Promise.reject(new Error("down")))),
      onOutcome: ({ kind }) => outcomes.push(kind),
    }),
    checkpointer: new MemorySaver(),
  });
  for (const text of ["q1", "q2", "q3"]) await agent.invoke({ messages: [new HumanMessage(text)] }, config);
  expect(outcomes).toEqual(["skipped", "skipped", "failed"]);
  expect(seen(server)).toHaveLength(5);
});

test("a record that rides on a message which leaves is written anew at most once", async () => {
  const { summarizer, make, ask } = await setUp();
  const agent = make();
  for (const text of ["q1", "q2", "q3"]) await ask(agent, text);
  const { values } = await agent.getState(config);
  const carrier = (values.messages as BaseMessage[]).findLast(
    (message) => AIMessage.isInstance(message) && message.response_metadata.sessionfold !== undefined,
  );
  await agent.updateState(config, { messages: [new RemoveMessage({ id: carrier?.id ?? "" })] });
  await ask(make(), "q4");
  expect(summarizer.requests).toHaveLength(2);
});

test("options that only a model call can heed are refused", () => {
  for (const options of [{ cacheSafe: true }, { trimToolResults: {} }, { scope: "agent" }, { keep: -1 }])
    expect(() => foldHook(options as never)).toThrow(/Expected/);
});

test("nothing is written to the state without need", async () => {
  const hook = foldHook(policy(stubSummarizer("SUM")));
  const turns = (count: number): BaseMessage[] =>
    Array.from({ length: count }, (_, at) => [
      new HumanMessage({ id: `u${at}`, content: `question ${at}` }),
      new AIMessage({ id: `a${at}`, content: `answer ${at}` }),
    ]).flat();
  expect(await hook({ messages: turns(2) })).toEqual({ llmInputMessages: [] });
  const messages = [...turns(3), new HumanMessage({ id: "u3", content: "next" })];
  const { messages: stamped = [], llmInputMessages } = await hook({ messages });
  expect(stamped.map(({ id }) => id)).toEqual(["a2"]);
  expect(llmInputMessages).toHaveLength(2);
  expect(messages[5]?.response_metadata).toEqual({});
  const after = messages.map((message) => (message.id === "a2" ? (stamped[0] as BaseMessage) : message));
  expect(await hook({ messages: after })).not.toHaveProperty("messages");
});

test.each([true, undefined])(
  "works as a node of a parent graph (memory of its own: %s)",
  async (checkpointer) => {
    const server = await serve((_, at) => `answer ${at + 1}`);
    const summarizer = stubSummarizer("SUM");
    const saver = new MemorySaver();
    const make = () => {
      const child = createReactAgent({
        llm: server.chat(),
        tools: [],
        preModelHook: foldHook(policy(summarizer)),
        ...(checkpointer === true && { checkpointer: checkpointer as never }),
      });
      return new StateGraph(MessagesAnnotation)
        .addNode("child", child as never)
        .addEdge("__start__", "child")
        .compile({ checkpointer: saver });
    };
    let messages: BaseMessage[] = [];
    for (const text of ["q1", "q2", "q3", "q4"])
      ({ messages } = await make().invoke({ messages: [new HumanMessage(text)] }, config));
    expect(summarizer.requests).toHaveLength(1);
    expect(seen(server)).toEqual(["SUM", "user: q3", "assistant: answer 3", "user: q4"]);
    expect(texts(messages)).toEqual(["q1", "answer 1", "q2", "answer 2", "q3", "answer 3", "q4", "answer 4"]);
    const key = { appName: "langgraph", userId: "user", sessionId: "t" };
    const namespaces = checkpointer === true ? ["", "child"] : [""];
    for (const checkpointNs of namespaces) {
      const sessions = threadSessions(saver, { checkpointNs });
      expect((await sessions.getSummary(key))?.text).toBe("SUM");
      expect((await sessions.listSessions(key)).sessions).toHaveLength(1);
    }
  },
);
