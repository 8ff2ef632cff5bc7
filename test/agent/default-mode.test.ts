import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { MemorySaver, MessagesAnnotation, StateGraph } from "@langchain/langgraph";
import { agentSummarizer } from "@sessionfold/langchain";
import { createAgent } from "langchain";
import { describe, expect, test } from "vitest";
import { until } from "../background/support.ts";
import { look, parcelAgent } from "../support/parcel-agent.ts";
import {
  askTurns,
  backgroundFilter,
  heldWriter,
  policy,
  shownIn,
  type TwoModels,
  twoModels,
} from "./background-agent.ts";

type Options = Parameters<typeof agentSummarizer>[0];
type Ask = (text: string) => Promise<unknown>;

const thread = { configurable: { thread_id: "thread" } };
const asking = (text: string) => ({ messages: [{ role: "user", content: text }] });

/** An agent with a filter of which no mode is said, unless the options say one. */
function agentOn({ server }: TwoModels, options: Options, checkpointer?: MemorySaver) {
  const { middleware } = backgroundFilter({ server }, { mode: undefined, ...options });
  const agent = createAgent({
    model: server.chat(),
    tools: [look],
    middleware: [middleware],
    ...(checkpointer !== undefined && { checkpointer }),
  });
  return { agent, middleware };
}

/** Asks an agent that keeps nothing: the caller hands all that was said to it each time. */
function handingAll({ agent }: ReturnType<typeof agentOn>, config: object): Ask {
  let messages: readonly BaseMessage[] = [];
  return async (text) => {
    const all = [...messages, new HumanMessage({ content: text, id: text })];
    ({ messages } = (await agent.invoke({ messages: all } as never, config)) as never);
  };
}

const stored: Readonly<Record<string, (models: TwoModels) => Ask>> = {
  "a thread that a checkpointer stores": (models) => {
    const { agent } = agentOn(models, {}, new MemorySaver());
    return (text) => agent.invoke(asking(text), thread);
  },
  "an agent within a graph that is stored": (models) => {
    const { agent } = agentOn(models, {});
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("agent", agent.graph as never)
      .addEdge("__start__", "agent" as never)
      .compile({ checkpointer: new MemorySaver() });
    return (text) => graph.invoke(asking(text), thread);
  },
  "a run without a thread, where the mode is said": (models) =>
    handingAll(agentOn(models, { mode: "background" }), {}),
};

const passing: Readonly<Record<string, (models: TwoModels) => Ask>> = {
  "a run without a thread": (models) => handingAll(agentOn(models, {}), {}),
  "a thread that nothing stores": (models) => handingAll(agentOn(models, {}), thread),
};

describe("how it is when nothing is said about the mode, and a model writes", () => {
  test.each(Object.entries(stored))("in the background: %s", async (_, agentOf) => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const ask = agentOf(models);
    await askTurns({ ask: ask as never }, 4);
    await until(() => models.written().length === 1);
    expect(shownIn(models.asked().at(-1))).toEqual({ size: 15, summaries: [] });
    held.open();
  });

  test.each(Object.entries(passing))("in the call: %s", async (_, agentOf) => {
    const { writer, held } = heldWriter();
    const models = await twoModels(writer);
    const ask = agentOf(models);
    await askTurns({ ask: ask as never }, 3);
    const last = ask("Question 3");
    await until(() => models.written().length === 1);
    expect(models.asked()).toHaveLength(6);
    held.open();
    await last;
    expect(models.asked().map((request) => shownIn(request).size)).toEqual([1, 3, 5, 7, 9, 11, 2, 4]);
    expect(shownIn(models.asked().at(-1)).summaries).toEqual(["SUMMARY 1"]);
    expect(models.written()).toHaveLength(1);
  });
});

test("without a model the call that is due is folded itself, on a stored thread too", async () => {
  const models = await twoModels();
  const its = parcelAgent(models.server, { middleware: [agentSummarizer(policy)] });
  await askTurns(its, 4);
  expect(models.asked().map((request) => shownIn(request).size)).toEqual([1, 3, 5, 7, 9, 11, 2, 4]);
});

describe("messages that get other ids in each run", () => {
  const idsOf: Readonly<Record<string, (at: number, turn: number) => string | undefined>> = {
    "none from the caller": () => undefined,
    "new ones from the caller": (at, turn) => `${turn}-${at}`,
  };

  test.each(
    Object.entries(idsOf).flatMap(([name, idOf]) =>
      [thread, {}].map((config) => ({ name, idOf, config, place: config === thread ? "a thread" : "none" })),
    ),
  )("$name, on $place: each summary that is paid for is sent", async ({ idOf, config }) => {
    const models = await twoModels();
    const { agent } = agentOn(models, {});
    const said: string[] = [];
    for (let turn = 0; turn < 6; turn++) {
      said.push(`Question ${turn}`);
      const messages = said.map((content, at) => {
        const fields = { content, id: idOf(at, turn) } as { content: string };
        return at % 2 === 0 ? new HumanMessage(fields) : new AIMessage(fields);
      });
      const state = (await agent.invoke({ messages } as never, config)) as { messages: BaseMessage[] };
      said.push(state.messages.at(-1)?.text ?? "", `And ${turn}?`, "So it is.");
    }
    const sent = models.asked().flatMap((request) => shownIn(request).summaries);
    expect(new Set(sent)).toEqual(new Set(["SUMMARY 1", "SUMMARY 2", "SUMMARY 3"]));
    expect(models.written()).toHaveLength(3);
    expect(shownIn(models.asked().at(-1)).size).toBeLessThan(12);
  });
});
