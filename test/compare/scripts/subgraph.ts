import { END, MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { chat, human, thread } from "../chats.ts";
import type { Agent, AgentState } from "../contestants/contestant.ts";
import type { Script } from "../figure.ts";
import { markersIn } from "../observe.ts";
import { SUMMARY_WORD } from "../summarizer-script.ts";
import { answered, inWorld, textOf } from "../world.ts";

const TURNS = 4;

export const subgraph: Script = {
  title: "An agent inside a graph with a checkpointer",
  what: "The agent is a node of a graph that has the checkpointer. 40 messages are folded, then three short turns; nothing new needs to be folded.",
  figures: [
    { name: "turns whose request has a summary (of 4)", better: "more" },
    { name: "summarising calls", better: "less" },
    { name: "messages the model knows of on the last turn (of 40)", better: "more" },
    { name: "messages in the last request", better: "neither" },
    { name: "messages still in the parent's state (48 were said)", better: "more" },
  ],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const { checkpointer: _, ...setup } = world.setup();
      const agent = contestant.create(setup);
      const graph = parentOf(agent);
      await answered(graph.invoke({ messages: [...chat(40), human("And now?")] }, thread()));
      for (let at = 1; at < TURNS; at++)
        await answered(graph.invoke({ messages: [human("And then?")] }, thread()));
      const withSummary = world.main.filter((request) => textOf(request).includes(SUMMARY_WORD));
      const { values } = await graph.getState(thread());
      return {
        "turns whose request has a summary (of 4)": withSummary.length,
        "summarising calls": world.summary.length,
        "messages the model knows of on the last turn (of 40)": markersIn(world.main.at(-1)),
        "messages in the last request": world.main.at(-1)?.messages.length ?? 0,
        "messages still in the parent's state (48 were said)": values.messages?.length ?? 0,
      };
    }),
};

interface Parent {
  invoke: Agent["invoke"];
  getState(config: object): Promise<{ readonly values: AgentState }>;
}

function parentOf(agent: Agent): Parent {
  return new StateGraph(MessagesAnnotation)
    .addNode("agent", (agent as unknown as { graph: never }).graph)
    .addEdge(START, "agent")
    .addEdge("agent", END)
    .compile({ checkpointer: new MemorySaver() }) as unknown as Parent;
}
