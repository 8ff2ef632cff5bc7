import { tool } from "langchain";
import { z } from "zod";
import type { Answer } from "../../support/model-server.ts";
import { filler, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { markersIn, messagesInState } from "../observe.ts";
import { marker } from "../summarizer-script.ts";
import { inWorld, turn } from "../world.ts";

const ROUNDS = 60;
const TASK = "Check all sixty warehouses and never order anything.";

export const longRun: Script = {
  title: "A long run: one user message, sixty tool rounds",
  what: "The user asks once; the agent calls a tool sixty times and then answers. It folds inside the run: trigger 20 messages, 6 stay.",
  figures: [
    { name: "run answered", better: "yes" },
    { name: "requests refused by the provider", better: "less" },
    { name: "requests without the user's task as it was said (of 61)", better: "less" },
    { name: "results that the last request knows of (of 60)", better: "more" },
    { name: "largest request, in messages", better: "less", floor: 3 },
    { name: "messages in the state (122 were said)", better: "more" },
    { name: "summarising calls", better: "neither" },
  ],
  play: (contestant) => {
    const main = (_: unknown, call: number): Answer =>
      call < ROUNDS ? { toolCalls: [{ name: "look_up", args: { number: call } }] } : "All sixty are checked.";
    return inWorld(contestant, { main }, async (world) => {
      const lookUp = tool(
        ({ number }: { number: number }) => `${marker("chat", number)} ${filler(200, number)}`,
        { name: "look_up", description: "Looks a warehouse up.", schema: z.object({ number: z.number() }) },
      );
      const agent = world.agent({ tools: [lookUp] });
      const ended = await turn(agent.invoke({ messages: [human(TASK)] }, thread()));
      const without = world.main.filter(
        (request) => !request.messages.some((one) => one.role === "user" && one.content.includes(TASK)),
      );
      return {
        "run answered": ended.kind === "answered",
        "requests refused by the provider": world.refused,
        "requests without the user's task as it was said (of 61)": without.length,
        "results that the last request knows of (of 60)":
          ended.kind === "answered" ? markersIn(world.main.at(-1)) : 0,
        "largest request, in messages": Math.max(...world.main.map((request) => request.messages.length)),
        "messages in the state (122 were said)": await messagesInState(agent),
        "summarising calls": world.summary.length,
      };
    });
  },
};

export const stepsOfARun: Script = {
  title: "Model calls within LangGraph's limit of 25 steps",
  what: "An agent that would call a tool for ever, run with recursionLimit 25, LangGraph's own. Nothing folds.",
  figures: [{ name: "model calls", better: "more" }],
  play: (contestant) => {
    const main = (): Answer => ({ toolCalls: [{ name: "wait", args: {} }] });
    return inWorld(contestant, { main }, async (world) => {
      const wait = tool(() => "Not yet.", { name: "wait", description: "Waits.", schema: z.object({}) });
      const agent = world.agent({ tools: [wait], trigger: { messages: 1000 } });
      const config = { ...thread(), recursionLimit: 25 };
      const ended = await turn(agent.invoke({ messages: [human("Wait for it.")] }, config));
      if (ended.kind !== "threw") throw new Error("Expected the run to reach its limit");
      return { "model calls": world.main.length };
    });
  },
};
