import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { Command, MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import {
  eventCountThreshold,
  type SessionSummary,
  type SummarizeOutcome,
  textThreshold,
} from "@sessionfold/core";
import { createAgent, type ToolRuntime, tool } from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { CompletionRequest, ModelServer, Script } from "../support/model-server.ts";
import {
  look,
  parcelAgent,
  serving,
  summariesIn,
  type WatchedFilter,
  watchedFilter,
} from "../support/parcel-agent.ts";

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

/** An agent with a filter and a prompt of its own. */
function worker(
  server: ModelServer,
  name: string,
  systemPrompt: string,
  { middleware }: WatchedFilter,
  tools: readonly unknown[] = [look],
) {
  return createAgent({
    model: server.chat(),
    tools: tools as never,
    name,
    systemPrompt,
    middleware: [middleware],
  });
}

type Member = readonly [name: string, systemPrompt: string, filter: WatchedFilter];

const team = { configurable: { thread_id: "team" } };

/** Two agents that share a thread, one after the other: what asks them, and returns all messages. */
function inARow(server: ModelServer, first: Member, second: Member) {
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("first", worker(server, ...first).graph as never)
    .addNode("second", worker(server, ...second).graph as never)
    .addEdge(START, "first")
    .addEdge("first", "second")
    .compile({ checkpointer: new MemorySaver() });
  return async (text: string): Promise<readonly BaseMessage[]> => {
    const state: unknown = await graph.invoke({ messages: [{ role: "user", content: text }] }, team);
    return (state as { messages: readonly BaseMessage[] }).messages;
  };
}

describe("several agents in one thread", () => {
  async function supervised() {
    const server = await serving(byPrompt({ "You find.": threeLooks(), "You write.": threeLooks() }));
    const finder = watchedFilter(policy);
    const writer = watchedFilter(policy);
    const ask = inARow(server, ["finder", "You find.", finder], ["writer", "You write.", writer]);
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
    const ask = inARow(server, ["finder", "You find.", finder], ["closer", "You close.", thread]);
    for (let turn = 0; turn < 3; turn++) await ask(`Question ${turn}`);
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
    const finds = watchedFilter(policy);
    const finder = worker(server, "finder", "You find.", finds);
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
    for (const { events } of finds.summarizer.requests)
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
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("greeter", worker(server, "greeter", "You greet.", greeter, [handOff]).graph as never, {
        ends: ["finder"],
      })
      .addNode("finder", worker(server, "finder", "You find.", finder).graph as never)
      .addEdge(START, "greeter")
      .compile({ checkpointer: new MemorySaver() });
    for (let turn = 0; turn < 4; turn++)
      await graph.invoke({ messages: [{ role: "user", content: `Question ${turn}` }] }, team);
    expect(finder.of("summarized").length).toBeGreaterThan(0);
    expect(server.refused).toEqual([]);
  });
});
