import type { BaseMessage } from "@langchain/core/messages";
import { Command, MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { eventCountThreshold } from "@sessionfold/core";
import { type AgentMiddleware, humanInTheLoopMiddleware } from "langchain";
import { describe, expect, test } from "vitest";
import { parcelAgent, serving, sizes, summariesIn, watchedFilter } from "../support/parcel-agent.ts";

const policy = { trigger: eventCountThreshold(12), keep: { turns: 1 } } as const;

describe("interrupts", () => {
  const approval = humanInTheLoopMiddleware({ interruptOn: { look: true } } as never) as AgentMiddleware;

  test("a run that waits for approval keeps its call, and goes on after it, in a new process too", async () => {
    const server = await serving();
    const checkpointer = new MemorySaver();
    const fresh = () => {
      const filter = watchedFilter(policy);
      return { filter, ...parcelAgent(server, { middleware: [approval, filter.middleware], checkpointer }) };
    };
    let folds = 0;
    for (let turn = 0; turn < 7; turn++) {
      const asking = fresh();
      const waiting = await asking.agent.invoke(
        { messages: [{ role: "user", content: `Question ${turn}` }] },
        asking.config,
      );
      expect((waiting as unknown as { __interrupt__?: unknown[] }).__interrupt__).toHaveLength(1);
      const going = fresh();
      const decision = turn % 2 === 0 ? { type: "approve" } : { type: "reject", message: "Not now." };
      await going.agent.invoke(new Command({ resume: { decisions: [decision] } }) as never, going.config);
      folds += asking.filter.of("summarized").length + going.filter.of("summarized").length;
    }
    expect(folds).toBeGreaterThan(1);
    expect(server.refused).toEqual([]);
    for (const { messages } of server.requests)
      expect(messages.map(({ content }) => content).join("\n")).not.toContain("No result:");
  });

  test("a new question instead of an approval: the open call gets a placeholder, nothing is refused", async () => {
    const server = await serving();
    const filter = watchedFilter(policy);
    const { ask } = parcelAgent(server, { middleware: [approval, filter.middleware] });
    for (let turn = 0; turn < 3; turn++) await ask(`Question ${turn}`);
    expect(server.refused).toEqual([]);
    expect(server.requests.at(-1)?.messages.some(({ content }) => content.includes("No result"))).toBe(true);
  });
});

describe("within a graph", () => {
  async function parentOf(shared: boolean) {
    const server = await serving();
    const filter = watchedFilter(policy);
    const { agent } = parcelAgent(server, {
      middleware: [filter.middleware],
      more: { checkpointer: shared ? undefined : true } as never,
    });
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("agent", agent.graph as never)
      .addEdge(START, "agent")
      .compile({ checkpointer: new MemorySaver() });
    return { server, filter, graph, config: { configurable: { thread_id: "parent" } } };
  }

  test("an agent as a subgraph of a checkpointed parent folds, and the parent's state keeps all", async () => {
    const { server, filter, graph, config } = await parentOf(true);
    for (let turn = 0; turn < 7; turn++)
      await graph.invoke({ messages: [{ role: "user", content: `Question ${turn}` }] }, config);
    const { messages } = (await graph.getState(config)).values as { messages: readonly BaseMessage[] };
    expect(messages).toHaveLength(28);
    expect(filter.of("summarized")).toHaveLength(2);
    expect(summariesIn(server)).toEqual(["SUMMARY 2"]);
    expect(Math.max(...sizes(server))).toBeLessThan(15);
    expect(server.refused).toEqual([]);
  });
});
