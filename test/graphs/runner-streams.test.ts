import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { interrupt, MessagesAnnotation, StateGraph } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { createSessionRunner } from "@sessionfold/langchain";
import { type AgentMiddleware, createAgent, humanInTheLoopMiddleware, tool } from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { DANA, logOf, modelServers, sessionsFor, told, weather } from "./support.ts";

const serve = modelServers();

const approve = tool(async ({ what }: { what: string }) => `${what}: ${interrupt({ what })}`, {
  name: "approve",
  description: "Asks somebody.",
  schema: z.object({ what: z.string() }),
});
const call = (name: string, args: Record<string, unknown>) => ({ toolCalls: [{ name, args }] });

describe("streaming", () => {
  test("passes the modes on and tells the result", async () => {
    const server = await serve([call("weather", { city: "Oslo" }), "Take a coat."]);
    const sessions = await sessionsFor();
    const agent = createAgent({ model: server.chat(), tools: [weather] });
    const runner = createSessionRunner({ agent, sessions });
    const stream = runner.stream({ session: DANA, input: "Oslo?", streamMode: ["updates", "messages"] });
    const modes = new Set<string>();
    let text = "";
    for await (const [mode, chunk] of stream as AsyncIterable<[string, [BaseMessage]]>) {
      modes.add(mode);
      if (mode === "messages" && chunk[0].type === "ai") text += chunk[0].text;
    }
    expect([...modes].sort()).toEqual(["messages", "updates"]);
    expect(text).toBe("Take a coat.");
    expect((await stream.result).messages.at(-1)?.content).toBe("Take a coat.");
    const nodes: string[] = [];
    for await (const update of runner.stream({ session: DANA, input: "And?" }))
      nodes.push(...Object.keys(update as object));
    expect(nodes).toEqual(["model_request"]);
    for await (const chunk of runner.stream({
      session: DANA,
      input: "Still?",
      streamMode: "values",
      subgraphs: true,
    }))
      expect(chunk).toEqual([[], expect.objectContaining({ messages: expect.any(Array) })]);
    expect((await told(sessions)).slice(-2)).toEqual(["user: Still?", "model: Take a coat."]);
  });

  test("whoever stops to read calls the run off", async () => {
    const server = await serve([call("weather", { city: "Oslo" }), "Take a coat."]);
    const sessions = await sessionsFor();
    const runner = createSessionRunner({
      agent: createAgent({ model: server.chat(), tools: [weather] }),
      sessions,
    });
    const stream = runner.stream({ session: DANA, input: "Oslo?" });
    let chunks = 0;
    for await (const _ of stream) if (++chunks === 2) break;
    await expect(stream.result).rejects.toThrow("nobody read on");
    expect(await told(sessions)).toEqual(["user: Oslo?", "model: weather()"]);
    await runner.run({ session: DANA, input: "Hello?" });
    expect(server.requests.at(-1)?.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "user",
    ]);
  });
});

test("what the graph is still doing when nobody reads on is called off", async () => {
  let called = (_: unknown): void => {};
  const calledOff = new Promise((resolve) => {
    called = resolve;
  });
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("first", async () => ({ messages: [new AIMessage("one")] }))
    .addNode("slow", async (_, { signal }) => {
      signal?.addEventListener("abort", () => called("called off"));
      await calledOff;
      return {};
    })
    .addEdge("__start__", "first")
    .addEdge("first", "slow")
    .compile();
  const sessions = await sessionsFor();
  const runner = createSessionRunner({ agent: graph, sessions });
  let chunks = 0;
  const stream = runner.stream({ session: DANA, input: "1", streamMode: ["updates", "values"] });
  for await (const _ of stream) if (++chunks === 3) break;
  expect(await calledOff).toBe("called off");
  expect(await told(sessions)).toEqual(["user: 1", "agent: one"]);
});

describe("interrupts", () => {
  const twoCalls = {
    toolCalls: [
      { name: "weather", args: { city: "Oslo" } },
      { name: "approve", args: { what: "a coat" } },
    ],
  };

  test("a run waits, is resumed and then is in the log as a whole", async () => {
    const server = await serve([twoCalls, "Bought."]);
    const sessions = await sessionsFor();
    let asked = 0;
    const counted = tool(
      async ({ city }: { city: string }) => {
        asked++;
        return `${city}: rain`;
      },
      { name: "weather", description: "Tells the weather.", schema: z.object({ city: z.string() }) },
    );
    const runner = createSessionRunner({
      agent: createAgent({ model: server.chat(), tools: [counted, approve] }),
      sessions,
    });
    const first = await runner.run({ session: DANA, input: "Buy it" });
    expect(first.kind).toBe("interrupted");
    expect(first.interrupts.map(({ value }) => value)).toEqual([{ what: "a coat" }]);
    expect(await told(sessions)).toEqual(["user: Buy it"]);
    const done = await runner.resume({ session: DANA, resume: "yes" });
    expect(done.kind).toBe("completed");
    expect(done.invocationId).toBe(first.invocationId);
    expect(asked).toBe(1);
    expect(await told(sessions)).toEqual([
      "user: Buy it",
      "model: weather() approve()",
      "tool: Oslo: rain",
      "tool: a coat: yes",
      "model: Bought.",
    ]);
    await expect(runner.resume({ session: DANA, resume: "yes" })).rejects.toThrow(/found none/);
  });

  test("a run that nobody resumes is given up by the next one", async () => {
    const server = await serve([twoCalls, "Anything else?"]);
    const sessions = await sessionsFor();
    const agent = createAgent({ model: server.chat(), tools: [weather, approve] });
    const runner = createSessionRunner({ agent, sessions });
    await runner.run({ session: DANA, input: "Buy it" });
    await runner.run({ session: DANA, input: "Never mind" });
    expect(await told(sessions)).toEqual([
      "user: Buy it",
      "model: weather() approve()",
      "tool: Oslo: rain",
      "user: Never mind",
      "model: Anything else?",
    ]);
    expect(server.requests.at(-1)?.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "tool",
      "user",
    ]);
  });

  test.each(["resumed", "given up"])(
    "a durable scratch keeps it over a restart, and it is %s",
    async (how) => {
      const server = await serve([twoCalls, "Done."]);
      const sessions = await sessionsFor();
      const scratch = SqliteSaver.fromConnString(":memory:");
      const make = () =>
        createSessionRunner({
          agent: createAgent({ model: server.chat(), tools: [weather, approve] }),
          sessions,
          scratch,
        });
      const first = await make().run({ session: DANA, input: "Buy it" });
      const after = make();
      if (how === "resumed") {
        const done = await after.resume({ session: DANA, resume: "yes" });
        expect(done.invocationId).toBe(first.invocationId);
        expect((await told(sessions)).slice(1)).toEqual([
          "model: weather() approve()",
          "tool: Oslo: rain",
          "tool: a coat: yes",
          "model: Done.",
        ]);
      } else {
        await after.run({ session: DANA, input: "Never mind" });
        expect((await told(sessions)).slice(1)).toEqual([
          "model: weather() approve()",
          "tool: Oslo: rain",
          "user: Never mind",
          "model: Done.",
        ]);
      }
      const threads: unknown[] = [];
      for await (const tuple of scratch.list({ configurable: {} })) threads.push(tuple);
      expect(threads).toEqual([]);
    },
  );

  test("a graph that stops before a node goes on without an answer", async () => {
    const sessions = await sessionsFor();
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("talk", async () => ({ messages: [new AIMessage("one")] }))
      .addEdge("__start__", "talk")
      .compile({ interruptBefore: ["talk"] });
    const runner = createSessionRunner({ agent: graph, sessions });
    expect((await runner.run({ session: DANA, input: "1" })).kind).toBe("interrupted");
    expect((await runner.resume({ session: DANA })).kind).toBe("completed");
    expect(await told(sessions)).toEqual(["user: 1", "agent: one"]);
  });

  test("a call that somebody edits is in the log as it was carried out", async () => {
    const server = await serve([call("weather", { city: "Oslo" }), "Rain in Rome."]);
    const sessions = await sessionsFor();
    const agent = createAgent({
      model: server.chat(),
      tools: [weather],
      // Its own types do not bear exactOptionalPropertyTypes.
      middleware: [humanInTheLoopMiddleware({ interruptOn: { weather: true } } as never) as AgentMiddleware],
    });
    const runner = createSessionRunner({ agent, sessions });
    await runner.run({ session: DANA, input: "Oslo?" });
    const edit = { type: "edit", editedAction: { name: "weather", args: { city: "Rome" } } };
    const { kind } = await runner.resume({ session: DANA, resume: { decisions: [edit] } });
    expect(kind).toBe("completed");
    const calls = (await logOf(sessions)).flatMap(({ message }) => (message as AIMessage).tool_calls ?? []);
    expect(calls.map(({ args }) => args)).toEqual([{ city: "Rome" }]);
    expect((await told(sessions)).slice(2)).toEqual(["tool: Rome: rain", "model: Rain in Rome."]);
  });
});
