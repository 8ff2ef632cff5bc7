import { MemorySaver } from "@langchain/langgraph";
import { tool } from "langchain";
import { z } from "zod";
import type { Answer } from "../../support/model-server.ts";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { processorTime } from "../model-time.ts";
import { answered, inWorld } from "../world.ts";

const ROUNDS = 5;
const TURNS = 4;

export const wholeTurn: Script = {
  title: "Time of a whole turn at 2,000 messages",
  what: "A real agent with a MemorySaver, 2,000 messages in its state; a turn is five tool rounds and an answer, nothing folds. Measured is the processor time of the turn, everything included: the graph, the checkpointer, the HTTP client and the server that plays the model. deepagents is left out, as its agents do more than this.",
  isSlow: true,
  rounds: 3,
  figures: [{ name: "ms a turn", better: "less", slack: 0.1 }],
  play: async (contestant) => {
    if (contestant.name === "deepagents") return { "ms a turn": undefined };
    const main = (_: unknown, call: number): Answer =>
      call % (ROUNDS + 1) < ROUNDS ? { toolCalls: [{ name: "look_up", args: {} }] } : "Done.";
    return inWorld(contestant, { main }, async (world) => {
      const lookUp = tool(() => "Nothing.", { name: "look_up", description: "Looks.", schema: z.object({}) });
      const agent = world.agent({
        tools: [lookUp],
        trigger: { tokens: 1_000_000 },
        checkpointer: new MemorySaver(),
      });
      await answered(agent.invoke({ messages: [...chat(2_000), human("Now?")] }, thread()));
      const start = processorTime();
      for (let at = 0; at < TURNS; at++)
        await answered(agent.invoke({ messages: [human("And now?")] }, thread()));
      return { "ms a turn": (processorTime() - start) / TURNS };
    });
  },
};
