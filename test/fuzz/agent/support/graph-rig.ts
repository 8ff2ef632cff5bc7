import type { BaseMessage } from "@langchain/core/messages";
import { Command, interrupt, MemorySaver } from "@langchain/langgraph";
import { type AgentMiddleware, createAgent, type ToolRuntime, tool } from "langchain";
import { z } from "zod";
import type { ToolKind } from "./program.ts";
import { act, feedAtHand, type Rig, type RigSetup, type RunEnd } from "./rig.ts";
import { ScriptedModel } from "./scripted-model.ts";

const acting = tool(
  async (args, runtime: ToolRuntime) => {
    const feed = feedAtHand.getStore();
    if (feed === undefined) throw new Error("A tool outside of a run");
    if (args.kind === "asks") interrupt("May I?");
    return act(feed, args as { result: string; kind: ToolKind }, runtime.toolCallId);
  },
  {
    name: "act",
    description: "Acts.",
    schema: z.object({ result: z.string(), kind: z.string() }),
  },
);

type Agent = ReturnType<typeof createAgent>;

/** Who would have written the last message: from there a graph goes on after a change by hand. */
const WRITERS: Readonly<Record<string, string>> = { ai: "model_request", tool: "tools" };

/** Agents of `createAgent` over one checkpointer. */
export class GraphRig implements Rig {
  readonly #setup: RigSetup;
  readonly #checkpointer = new MemorySaver();
  readonly #agents = new WeakMap<readonly AgentMiddleware[], Agent>();

  constructor(setup: RigSetup) {
    this.#setup = setup;
  }

  async messages(thread: string): Promise<readonly BaseMessage[]> {
    const { values } = await this.#agent(0).graph.getState(configOf(thread));
    return (values as { messages?: readonly BaseMessage[] }).messages ?? [];
  }

  async update(thread: string, messages: readonly BaseMessage[]): Promise<void> {
    const last = (await this.messages(thread)).at(-1);
    await this.#agent(0).graph.updateState(
      configOf(thread),
      { messages: [...messages] },
      WRITERS[last?.type ?? ""] ?? "__start__",
    );
  }

  async fork(
    thread: string,
    back: number,
    change: (messages: readonly BaseMessage[]) => BaseMessage[],
  ): Promise<void> {
    const { graph } = this.#agent(0);
    const versions: { config: object; messages: readonly BaseMessage[] }[] = [];
    for await (const { config, values } of graph.getStateHistory(configOf(thread), { limit: back + 1 })) {
      const { messages = [] } = values as { messages?: readonly BaseMessage[] };
      versions.push({ config, messages });
    }
    const from = versions.at(-1);
    if (from === undefined) return;
    const writer = WRITERS[from.messages.at(-1)?.type ?? ""] ?? "__start__";
    await graph.updateState(from.config as never, { messages: change(from.messages) }, writer);
  }

  async run(thread: string, agent: number, says: readonly BaseMessage[] | "go on"): Promise<RunEnd> {
    const { graph } = this.#agent(agent);
    const config = { ...configOf(thread), signal: feedAtHand.getStore()?.controller.signal };
    try {
      let input: unknown = says === "go on" ? null : { messages: [...says] };
      if (says === "go on") {
        const { tasks } = await graph.getState(configOf(thread));
        if (tasks.some(({ interrupts }) => (interrupts?.length ?? 0) > 0))
          input = new Command({ resume: "yes" });
      }
      const state = (await graph.invoke(input as never, config as never)) as { __interrupt__?: unknown[] };
      return (state.__interrupt__?.length ?? 0) > 0 ? "waiting" : "done";
    } catch {
      return "failed";
    } finally {
      // What was called off is still on its way to its end.
      const feed = feedAtHand.getStore();
      do await new Promise((resolve) => setImmediate(resolve));
      while (feed !== undefined && feed.inFlight > 0);
    }
  }

  #agent(at: number): Agent {
    const middleware = this.#setup.middleware(at);
    const known = this.#agents.get(middleware);
    if (known !== undefined) return known;
    const agent = createAgent({
      model: new ScriptedModel(),
      tools: [acting],
      name: this.#setup.agents[at] ?? "",
      systemPrompt: "You act.",
      checkpointer: this.#checkpointer,
      middleware: [...middleware],
    } as never) as unknown as Agent;
    this.#agents.set(middleware, agent);
    return agent;
  }
}

function configOf(thread: string): { configurable: { thread_id: string } } {
  return { configurable: { thread_id: thread } };
}
