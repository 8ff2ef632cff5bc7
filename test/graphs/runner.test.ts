import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { MemorySaver, MessagesAnnotation, StateGraph } from "@langchain/langgraph";
import { conversationThreshold, InMemorySessionService } from "@sessionfold/core";
import { agentSummarizer, createSessionRunner, recallTools, runnerSession } from "@sessionfold/langchain";
import { createAgent, createMiddleware, tool } from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { DANA, logOf, modelServers, say, sessionsFor, told, weather } from "./support.ts";

const serve = modelServers();

const call = (name: string, args: Record<string, unknown>) => ({ toolCalls: [{ name, args }] });

describe("a run", () => {
  test("hands over the window and appends what is said, each once, in order, under one invocation", async () => {
    const server = await serve([call("weather", { city: "Oslo" }), "Take a coat.", "And boots."]);
    const sessions = await sessionsFor();
    const runner = createSessionRunner({
      agent: createAgent({ model: server.chat(), tools: [weather] }),
      sessions,
    });
    const first = await runner.run({ session: DANA, input: "How is Oslo?" });
    const second = await runner.run({ session: DANA, input: new HumanMessage("What else?") });
    expect(first.kind).toBe("completed");
    expect(first.messages.map(({ type }) => type)).toEqual(["ai", "tool", "ai"]);
    expect(await told(sessions)).toEqual([
      "user: How is Oslo?",
      "model: weather()",
      "tool: Oslo: rain",
      "model: Take a coat.",
      "user: What else?",
      "model: And boots.",
    ]);
    const log = await logOf(sessions);
    const { invocationId: one } = first;
    const { invocationId: two } = second;
    expect(log.map(({ invocationId }) => invocationId)).toEqual([one, one, one, one, two, two]);
    expect(one).not.toBe(two);
    expect(server.requests.at(-1)?.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
      "user",
    ]);
  });

  test("works on a plain service, and on a hand-written graph with a key of its own", async () => {
    const server = await serve(["one", "two"]);
    const sessions = new InMemorySessionService();
    await sessions.createSession({ ...DANA, state: { tone: "dry" } });
    const tones: unknown[] = [];
    const graph = new StateGraph(
      z.object({ tone: z.string().optional(), chat: z.custom<BaseMessage[]>().default(() => []) }),
    )
      .addNode("talk", async (state) => {
        tones.push(state.tone);
        return { chat: [...state.chat, await server.chat().invoke(state.chat)] };
      })
      .addEdge("__start__", "talk")
      .compile();
    const runner = createSessionRunner({
      agent: graph,
      sessions,
      messagesKey: "chat",
      input: ({ state }) => ({ tone: state.tone }),
      actions: (message) => (message.type === "ai" ? { stateDelta: { last: message.text } } : undefined),
    });
    await runner.run({ session: DANA, input: "1" });
    const { state } = await runner.run({ session: DANA, input: "2" });
    expect(tones).toEqual(["dry", "dry"]);
    expect(state.tone).toBe("dry");
    expect(await told(sessions)).toEqual(["user: 1", "agent: one", "user: 2", "agent: two"]);
    expect((await sessions.getSession(DANA))?.state).toEqual({ tone: "dry", last: "two" });
  });

  test("keeps the log as it was said when a middleware changes an answer after it came", async () => {
    const server = await serve(["the key is 4711"]);
    const sessions = await sessionsFor();
    const guard = createMiddleware({
      name: "guard",
      afterModel: (state) => {
        const last = state.messages.at(-1);
        return { messages: [new AIMessage({ id: last?.id ?? "", content: "(removed)" })] };
      },
    });
    const agent = createAgent({ model: server.chat(), tools: [], middleware: [guard] });
    const { messages } = await createSessionRunner({ agent, sessions }).run({ session: DANA, input: "?" });
    expect(messages.map(({ content }) => content)).toEqual(["(removed)"]);
    expect((await told(sessions)).at(-1)).toMatch(/: \(removed\)$/);
  });

  test("a provider's id that comes back takes nobody's place", async () => {
    let at = 0;
    const sessions = await sessionsFor();
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("talk", async () => ({ messages: [new AIMessage({ id: "same", content: `answer ${++at}` })] }))
      .addEdge("__start__", "talk")
      .compile();
    const runner = createSessionRunner({ agent: graph, sessions });
    await runner.run({ session: DANA, input: "1" });
    await runner.run({ session: DANA, input: "2" });
    expect(await told(sessions)).toEqual(["user: 1", "agent: answer 1", "user: 2", "agent: answer 2"]);
  });

  test("folds once, at the end of a completed run", async () => {
    const server = await serve([
      call("weather", { city: "Oslo" }),
      call("weather", { city: "Rome" }),
      "Rain in both.",
    ]);
    const outcomes: [string, number][] = [];
    const sessions = await sessionsFor([DANA], {
      mode: "inline",
      summarizer: stubSummarizer("S"),
      trigger: conversationThreshold(1),
      keep: { turns: 0 },
      onOutcome: async (outcome) => outcomes.push([outcome.kind, (await logOf(sessions)).length]),
    });
    const runner = createSessionRunner({
      agent: createAgent({ model: server.chat(), tools: [weather] }),
      sessions,
    });
    await runner.run({ session: DANA, input: "Oslo and Rome?" });
    expect(outcomes.filter(([kind]) => kind === "summarized")).toHaveLength(1);
    const types = (await logOf(sessions)).map((event) =>
      event.actions.summary ? "summary" : event.message?.type,
    );
    expect(types).toEqual(["human", "ai", "tool", "ai", "tool", "ai", "summary"]);
    const next = await serve(["Fine."]);
    const again = createSessionRunner({
      agent: createAgent({ model: next.chat(), tools: [weather] }),
      sessions,
    });
    await again.run({ session: DANA, input: "Thanks" });
    expect(next.requests[0]?.messages.map(({ role }) => role)).toEqual(["user", "user"]);
  });

  test("what a filter of the agent's own has folded holds in the next run", async () => {
    const server = await serve((_, at) => `answer ${at + 1}`);
    const summarizer = stubSummarizer("SUM");
    const folding = agentSummarizer({
      mode: "inline",
      summarizer,
      trigger: conversationThreshold(3),
      keep: { turns: 1 },
    });
    const sessions = new InMemorySessionService();
    await sessions.createSession(DANA);
    for (let at = 1; at <= 4; at++) {
      const agent = createAgent({ model: server.chat(), tools: [], middleware: [folding] });
      await createSessionRunner({ agent, sessions }).run({ session: DANA, input: `q${at}` });
    }
    expect(summarizer.requests).toHaveLength(1);
    expect(server.requests.at(-1)?.messages).toHaveLength(4);
    expect(await told(sessions)).toHaveLength(8);
  });

  test("one at a time a session, many sessions at once", async () => {
    const others = ["a", "b", "c"].map((sessionId) => ({ ...DANA, sessionId }));
    let gate = (): void => {};
    const opened = new Promise<void>((resolve) => {
      gate = resolve;
    });
    const server = await serve(async ({ messages }) => {
      await opened;
      return `answer to ${messages.at(-1)?.content}`;
    });
    const sessions = await sessionsFor([DANA, ...others]);
    const agent = createAgent({ model: server.chat(), tools: [] });
    const runner = createSessionRunner({ agent, sessions });
    const runs = [
      runner.run({ session: DANA, input: "1" }),
      // Another runner of the same service stands in the same queue.
      createSessionRunner({ agent, sessions }).run({ session: DANA, input: "2" }),
      ...others.map((session) => runner.run({ session, input: "x" })),
    ];
    await server.arrived(4);
    expect(server.inProgress()).toBe(4);
    gate();
    await Promise.all(runs);
    expect(await told(sessions)).toEqual(["user: 1", "model: answer to 1", "user: 2", "model: answer to 2"]);
    for (const key of others) expect(await told(sessions, key)).toEqual(["user: x", "model: answer to x"]);
  });
});

describe("a run that does not come to its end", () => {
  const summarizing = (summarizer = stubSummarizer("S")) => ({
    mode: "inline" as const,
    summarizer,
    trigger: conversationThreshold(1),
    keep: { turns: 0 },
  });

  test("called off: what was said stays, no summary starts, and the next window is one that providers take", async () => {
    const controller = new AbortController();
    const server = await serve((_, at) => {
      if (at === 1) {
        controller.abort(new Error("enough"));
        return new Promise(() => undefined);
      }
      return at === 0 ? call("weather", { city: "Oslo" }) : "Hello again.";
    });
    const summarizer = stubSummarizer("S");
    const sessions = await sessionsFor([DANA], summarizing(summarizer));
    const runner = createSessionRunner({
      agent: createAgent({ model: server.chat(), tools: [weather] }),
      sessions,
    });
    const run = runner.run({ session: DANA, input: "Oslo?", signal: controller.signal });
    await expect(run).rejects.toThrow("enough");
    expect(await told(sessions)).toEqual(["user: Oslo?", "model: weather()", "tool: Oslo: rain"]);
    expect(summarizer.requests).toEqual([]);
    await runner.run({ session: DANA, input: "Hello?" });
    expect(await told(sessions)).toContain("model: Hello again.");
  });

  test("called off before it began, or while it waited for its turn: nothing is stored", async () => {
    const server = await serve(["one"]);
    const sessions = await sessionsFor();
    const runner = createSessionRunner({ agent: createAgent({ model: server.chat(), tools: [] }), sessions });
    const controller = new AbortController();
    const first = runner.run({ session: DANA, input: "1" });
    const waiting = runner.run({ session: DANA, input: "2", signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await first;
    await expect(runner.run({ session: DANA, input: "3", signal: controller.signal })).rejects.toThrow(
      "enough",
    );
    await runner.run({ session: DANA, input: "4" });
    expect(await told(sessions)).toEqual(["user: 1", "model: one", "user: 4", "model: one"]);
  });

  test("failed: the log keeps what was said, and a run without input goes on from there", async () => {
    const server = await serve((_, at) => {
      if (at === 1) throw new Error("down");
      return at === 0 ? call("weather", { city: "Oslo" }) : "Rain.";
    });
    const summarizer = stubSummarizer("S");
    const sessions = await sessionsFor([DANA], summarizing(summarizer));
    const runner = createSessionRunner({
      agent: createAgent({ model: server.chat(), tools: [weather] }),
      sessions,
    });
    await expect(runner.run({ session: DANA, input: "Oslo?" })).rejects.toThrow("down");
    expect(await told(sessions)).toEqual(["user: Oslo?", "model: weather()", "tool: Oslo: rain"]);
    expect(summarizer.requests).toEqual([]);
    await runner.run({ session: DANA });
    expect((await told(sessions))[3]).toBe("model: Rain.");
  });

  test("a tool that throws leaves a call without result; going on without input leaves that call out", async () => {
    const server = await serve([call("breaks", {}), "Sorry."]);
    const breaks = tool(async () => Promise.reject(new Error("broken")), {
      name: "breaks",
      description: "Breaks.",
      schema: z.object({}),
    });
    const fatal = createMiddleware({
      name: "fatal",
      wrapToolCall: async () => {
        throw new Error("broken");
      },
    });
    const sessions = await sessionsFor();
    const agent = createAgent({ model: server.chat(), tools: [breaks], middleware: [fatal] });
    const runner = createSessionRunner({ agent, sessions });
    await expect(runner.run({ session: DANA, input: "Go" })).rejects.toThrow("broken");
    expect(await told(sessions)).toEqual(["user: Go", "model: breaks()"]);
    await runner.run({ session: DANA });
    expect(server.requests.at(-1)?.messages.map(({ role }) => role)).toEqual(["user"]);
  });

  test("the service fails at the end: the next run hands over what was left", async () => {
    const server = await serve(["one", "two"]);
    const inner = new InMemorySessionService();
    await inner.createSession(DANA);
    let appends = 0;
    const flaky: typeof inner = Object.assign(Object.create(inner) as typeof inner, {
      createSession: inner.createSession.bind(inner),
      getSession: inner.getSession.bind(inner),
      appendEvent: async (request: Parameters<typeof inner.appendEvent>[0]) => {
        if (++appends === 2) throw new Error("disk full");
        return inner.appendEvent(request);
      },
    });
    const runner = createSessionRunner({
      agent: createAgent({ model: server.chat(), tools: [] }),
      sessions: flaky,
    });
    await expect(runner.run({ session: DANA, input: "1" })).rejects.toThrow("disk full");
    await runner.run({ session: DANA, input: "2" });
    expect(await told(inner)).toEqual(["user: 1", "model: one", "user: 2", "model: two"]);
  });
});

describe("tenants", () => {
  test("tools get the session of their own run, whatever the model asks for", async () => {
    const erin = { ...DANA, userId: "erin" };
    const server = await serve(({ messages }) => {
      const last = messages.at(-1);
      if (last?.role === "tool") return `found: ${/sesame|tulip/.exec(last.content)?.[0] ?? "nothing"}`;
      return call("search_history", { query: "password", sessionId: "chat", userId: "erin", limit: "many" });
    });
    const sessions = await sessionsFor([DANA, erin]);
    await say(sessions, [{ message: new HumanMessage("the password is sesame") }], DANA);
    await say(sessions, [{ message: new HumanMessage("the password is tulip") }], erin);
    const tools = [...recallTools(sessions, { key: runnerSession })];
    const runner = createSessionRunner({ agent: createAgent({ model: server.chat(), tools }), sessions });
    const [one, other] = await Promise.all([
      runner.run({ session: DANA, input: "What was it?" }),
      runner.run({ session: erin, input: "What was it?" }),
    ]);
    expect(one.messages.at(-1)?.content).toBe("found: sesame");
    expect(other.messages.at(-1)?.content).toBe("found: tulip");
  });
});

test("a graph that must not be checkpointed runs as well", async () => {
  const sessions = await sessionsFor();
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("talk", async () => ({ messages: [new AIMessage("one")] }))
    .addEdge("__start__", "talk")
    .compile({ checkpointer: false });
  const runner = createSessionRunner({ agent: graph, sessions });
  expect((await runner.run({ session: DANA, input: "1" })).kind).toBe("completed");
  await expect(runner.resume({ session: DANA })).rejects.toThrow(/found none/);
  expect(await told(sessions)).toEqual(["user: 1", "agent: one"]);
});

describe("refused", () => {
  test("an agent with a checkpointer, and wrong options", async () => {
    const server = await serve(["x"]);
    const sessions = await sessionsFor();
    const model = server.chat();
    const kept = createAgent({ model, tools: [], checkpointer: new MemorySaver() });
    expect(() => createSessionRunner({ agent: kept, sessions })).toThrow(/`agent` to have no checkpointer/);
    const agent = createAgent({ model, tools: [] });
    expect(() => createSessionRunner({ agent, sessions: {} as never })).toThrow(/`sessions`/);
    expect(() => createSessionRunner({ agent, sessions, messagesKey: "" })).toThrow(/`messagesKey`/);
    const runner = createSessionRunner({ agent, sessions });
    await expect(runner.run({ session: DANA, input: 7 as never })).rejects.toThrow(/`input`/);
    expect(() => runner.stream({ session: { appName: "x" } as never, input: "1" })).toThrow(/`userId`/);
    await expect(runner.run({ session: { ...DANA, sessionId: "none" }, input: "1" })).rejects.toThrow(
      /No session/,
    );
    expect(() => runnerSession({})).toThrow(/session runner/);
    expect(server.requests).toEqual([]);
  });
});

test("a result that came for a run is not told again: events of one run carry ids of that run", async () => {
  const server = await serve(["one"]);
  const sessions = await sessionsFor();
  await say(sessions, [
    { message: new HumanMessage("go") },
    {
      message: new AIMessage({
        content: "",
        tool_calls: [{ id: "c", name: "weather", args: { city: "Oslo" } }],
      }),
    },
    { message: new ToolMessage({ content: "rain", tool_call_id: "c" }) },
  ]);
  const runner = createSessionRunner({
    agent: createAgent({ model: server.chat(), tools: [weather] }),
    sessions,
  });
  const { invocationId } = await runner.run({ session: DANA });
  const log = await logOf(sessions);
  expect(log).toHaveLength(4);
  expect(log.at(-1)?.id.startsWith(`${invocationId}:`)).toBe(true);
});
