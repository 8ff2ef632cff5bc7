import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { Command, END, MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import {
  eventCountThreshold,
  type SessionSummary,
  type SummarizeOutcome,
  textThreshold,
} from "@sessionfold/core";
import { createAgent, type ToolRuntime, tool } from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { CompletionRequest, Script } from "../support/model-server.ts";
import { look, parcelAgent, serving, summariesIn, watchedFilter } from "../support/parcel-agent.ts";

const policy = {
  scope: "agent",
  trigger: eventCountThreshold(6),
  keep: { events: 2, align: "round" },
} as const;

/** Answers as the agent whose system prompt it is. */
const byPrompt =
  (scripts: Readonly<Record<string, Script>>): Script =>
  (request, call) => {
    const prompt = request.messages.find(({ role }) => role === "system")?.content ?? "";
    return (scripts[prompt] ?? (() => "?"))(request, call);
  };

/** Looks three parcels up, then reports, and so on. */
function threeLooks(): Script {
  let calls = 0;
  return () =>
    calls++ % 4 < 3 ? { toolCalls: [{ name: "look", args: { parcel: calls } }] } : `Report ${calls}`;
}

function said({ messages }: CompletionRequest): string {
  return messages.map(({ content }) => content).join("\n");
}

test("an agent without a name is told so", async () => {
  const server = await serving();
  const { middleware } = watchedFilter(policy);
  const { ask } = parcelAgent(server, { middleware: [middleware] });
  await expect(ask("Question")).rejects.toThrow(/Expected an agent with a name/);
  expect(server.requests).toEqual([]);
});

test("AGF-02 more than 12 KiB of an agent's transcript fold, not before: the thirteenth event of 1,000 characters", async () => {
  const server = await serving(["x".repeat(1000)]);
  const filter = watchedFilter({
    scope: "agent",
    agent: "agent",
    trigger: textThreshold(12 * 1024, { strict: true }),
    keep: { events: 1, align: "round" },
  });
  const { agent, config } = parcelAgent(server, { middleware: [filter.middleware], more: { name: "agent" } });
  const history = (events: number): BaseMessage[] => [
    new HumanMessage("Talk."),
    ...Array.from({ length: events }, () => new AIMessage({ name: "agent", content: "x".repeat(1000) })),
    new HumanMessage("Go on."),
  ];
  const invoke = (events: number, thread: string) =>
    agent.invoke({ messages: history(events) }, { configurable: { thread_id: thread } });
  await invoke(12, "twelve");
  expect(filter.outcomes).toMatchObject([{ kind: "skipped", explanation: { observed: 12_095 } }]);
  await invoke(13, "thirteen");
  expect(filter.of("summarized")).toMatchObject([{ explanation: { observed: 13_103 } }]);
  expect(config.configurable.thread_id).toBe("thread");
});

describe("several agents in one thread", () => {
  async function supervised() {
    const server = await serving(byPrompt({ "You find.": threeLooks(), "You write.": threeLooks() }));
    const finder = watchedFilter(policy);
    const writer = watchedFilter(policy);
    const worker = (name: string, systemPrompt: string, filter: typeof finder) =>
      createAgent({
        model: server.chat(),
        tools: [look],
        name,
        systemPrompt,
        middleware: [filter.middleware],
      });
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("finder", worker("finder", "You find.", finder).graph as never)
      .addNode("writer", worker("writer", "You write.", writer).graph as never)
      .addEdge(START, "finder")
      .addEdge("finder", "writer")
      .addEdge("writer", END)
      .compile({ checkpointer: new MemorySaver() });
    const config = { configurable: { thread_id: "team" } };
    const ask = async (text: string) =>
      (
        (await graph.invoke({ messages: [{ role: "user", content: text }] }, config)) as {
          messages: BaseMessage[];
        }
      ).messages;
    return { server, finder, writer, ask };
  }

  test("each folds its own events; the other's and the user's stay, in order", async () => {
    const { server, finder, writer, ask } = await supervised();
    for (let turn = 0; turn < 4; turn++) await ask(`Question ${turn}`);
    expect(finder.of("summarized").length).toBeGreaterThan(1);
    expect(writer.of("summarized").length).toBeGreaterThan(1);
    for (const [filter, name] of [
      [finder, "finder"],
      [writer, "writer"],
    ] as const) {
      for (const { events } of filter.summarizer.requests) {
        for (const { author } of events) expect([name, "tool"]).toContain(author);
        expect(events.some(({ author }) => author === name)).toBe(true);
      }
    }
    const last = server.requests.at(-1) as CompletionRequest;
    // The writer sees every question and all that the finder said; of itself the latest and two summaries, of what was
    // before the question and of the turn's own progress.
    for (let turn = 0; turn < 4; turn++) expect(said(last)).toContain(`Question ${turn}`);
    expect(summariesIn(server)).toEqual(["SUMMARY 3", "SUMMARY 4"]);
    expect(server.refused).toEqual([]);
  });

  test("summaries are kept with their scope, on messages of their agent", async () => {
    const { ask } = await supervised();
    await ask("Question 0");
    const messages = await ask("Question 1");
    const records = messages.flatMap((message) => {
      const stamp = (
        message.response_metadata.sessionfold as
          | Record<string, { agent?: string; records?: { summary: { scope?: string } }[] }>
          | undefined
      )?.sessionfold;
      return (stamp?.records ?? []).map(({ summary }) => ({
        name: message.name,
        agent: stamp?.agent,
        scope: summary.scope,
      }));
    });
    expect(new Set(records.map(({ scope }) => scope))).toEqual(new Set(["finder", "writer"]));
    for (const { name, agent, scope } of records) expect([name, agent]).toEqual([scope, scope]);
  });

  test("AGF-09 a filter of the thread does not summarise again what an agent's own filter has summarised", async () => {
    const server = await serving(byPrompt({ "You find.": threeLooks(), "You close.": () => "Closed." }));
    const made: SessionSummary[] = [];
    const onOutcome = (outcome: SummarizeOutcome) =>
      outcome.kind === "summarized" && made.push(outcome.summary);
    const finder = watchedFilter({ ...policy, onOutcome });
    const thread = watchedFilter({
      onOutcome,
      trigger: eventCountThreshold(8),
      keep: { events: 2, align: "round" },
    });
    const worker = (name: string, systemPrompt: string, filter: typeof finder) =>
      createAgent({
        model: server.chat(),
        tools: [look],
        name,
        systemPrompt,
        middleware: [filter.middleware],
      });
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("finder", worker("finder", "You find.", finder).graph as never)
      .addNode("closer", worker("closer", "You close.", thread).graph as never)
      .addEdge(START, "finder")
      .addEdge("finder", "closer")
      .compile({ checkpointer: new MemorySaver() });
    const config = { configurable: { thread_id: "team" } };
    for (let turn = 0; turn < 3; turn++)
      await graph.invoke({ messages: [{ role: "user", content: `Question ${turn}` }] }, config);
    const whole = made.find(({ scope }) => scope === undefined);
    const mine = made.slice(
      0,
      made.findIndex(({ scope }) => scope === undefined),
    );
    expect(mine.length).toBeGreaterThan(0);
    expect(mine.every(({ scope }) => scope === "finder")).toBe(true);
    const covered = new Set(mine.flatMap(({ coverage }) => coverage.direct));
    // AGF-11 the session's summary has the agent's part through the agent's summary, not by reading it again.
    expect(whole?.coverage.direct.filter((id) => covered.has(id))).toEqual([]);
    expect(mine.some(({ id }) => whole?.coverage.replaces.includes(id))).toBe(true);
    expect(server.refused).toEqual([]);
  });

  test("AGF-11 an agent's summary leaves out what others said before it was called", async () => {
    const { finder, ask } = await supervised();
    for (let turn = 0; turn < 3; turn++) await ask(`Question ${turn}`);
    for (const { transcript } of finder.summarizer.requests) {
      expect(transcript).not.toContain("Question");
      expect(transcript).not.toContain("writer:");
    }
  });

  test("a supervisor that calls workers as tools: each folds its own thread", async () => {
    const server = await serving(
      byPrompt({
        "You find.": threeLooks(),
        "You lead.": ({ messages }, call) =>
          messages.at(-1)?.role === "user"
            ? { toolCalls: [{ name: "delegate", args: { task: `Task ${call}` } }] }
            : `Led ${call}`,
      }),
    );
    const worker = watchedFilter(policy);
    const finder = createAgent({
      model: server.chat(),
      tools: [look],
      name: "finder",
      systemPrompt: "You find.",
      middleware: [worker.middleware],
    });
    const delegate = tool(
      async ({ task }) => {
        const { messages } = await finder.invoke({ messages: [{ role: "user", content: task }] });
        return messages.at(-1)?.text ?? "";
      },
      { name: "delegate", description: "Gives a task away.", schema: z.object({ task: z.string() }) },
    );
    const leader = watchedFilter(policy);
    const { ask } = parcelAgent(server, {
      middleware: [leader.middleware],
      more: { tools: [delegate], name: "leader", systemPrompt: "You lead." } as never,
    });
    for (let turn = 0; turn < 5; turn++) await ask(`Question ${turn}`);
    expect(leader.of("summarized").length).toBeGreaterThan(0);
    for (const { events } of leader.summarizer.requests)
      for (const { author } of events) expect(["leader", "tool"]).toContain(author);
    for (const { events } of worker.summarizer.requests)
      for (const { author } of events) expect(["finder", "tool"]).toContain(author);
    expect(server.refused).toEqual([]);
  });

  test("a handoff leaves a call without its result and a result without its call: nothing is refused", async () => {
    const handOff = tool(
      async (_, runtime: ToolRuntime) =>
        new Command({
          goto: "finder",
          graph: Command.PARENT,
          update: {
            messages: [
              new ToolMessage({
                content: "Handed over.",
                tool_call_id: runtime.toolCallId,
                name: "hand_off",
              }),
            ],
          },
        }),
      { name: "hand_off", description: "Hands over.", schema: z.object({}) },
    );
    const server = await serving(
      byPrompt({
        "You find.": threeLooks(),
        "You greet.": () => ({ toolCalls: [{ name: "hand_off", args: {} }] }),
      }),
    );
    const greeter = watchedFilter(policy);
    const finder = watchedFilter(policy);
    const worker = (name: string, systemPrompt: string, tools: unknown[], filter: typeof finder) =>
      createAgent({
        model: server.chat(),
        tools: tools as never,
        name,
        systemPrompt,
        middleware: [filter.middleware],
      });
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("greeter", worker("greeter", "You greet.", [handOff], greeter).graph as never, {
        ends: ["finder"],
      })
      .addNode("finder", worker("finder", "You find.", [look], finder).graph as never)
      .addEdge(START, "greeter")
      .compile({ checkpointer: new MemorySaver() });
    const config = { configurable: { thread_id: "team" } };
    for (let turn = 0; turn < 4; turn++)
      await graph.invoke({ messages: [{ role: "user", content: `Question ${turn}` }] }, config);
    expect(finder.of("summarized").length).toBeGreaterThan(0);
    expect(server.refused).toEqual([]);
  });
});
