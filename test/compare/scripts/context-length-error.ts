import { chat, human, thread } from "../chats.ts";
import type { Contestant } from "../contestants/contestant.ts";
import type { Figure, Observed, Script } from "../figure.ts";
import { markersIn } from "../observe.ts";
import { inWorld, textOf, turn } from "../world.ts";

const LIMIT = 30_000;
const QUESTION = "Which of the parcels was lost?";

const figures: readonly Figure[] = [
  { name: "turn answered", better: "yes" },
  { name: "messages the model knows of (of 40)", better: "more" },
  { name: "the user's question stands in the answered request", better: "yes" },
  { name: "calls of the agent's model", better: "neither" },
];

async function play(contestant: Contestant, keep: number): Promise<Observed> {
  return inWorld(contestant, { mainLimit: LIMIT }, async (world) => {
    const agent = world.agent({ trigger: { messages: 1000 }, keep: { messages: keep } });
    const messages = [...chat(40, { characters: 1000 }), human(QUESTION)];
    const ended = await turn(agent.invoke({ messages }, thread()));
    const request = ended.kind === "answered" ? world.main.at(-1) : undefined;
    return {
      "turn answered": ended.kind === "answered",
      "messages the model knows of (of 40)": markersIn(request),
      "the user's question stands in the answered request": textOf(request).includes(QUESTION),
      "calls of the agent's model": world.main.length,
    };
  });
}

export const contextLengthError: Script = {
  title: "The model says that the context is too long",
  what: "40 messages of 1,000 characters for a model that takes 30,000; the trigger (1,000 messages) was set too high. 6 messages stay.",
  figures,
  play: (contestant) => play(contestant, 6),
};

export const contextLengthErrorOfTail: Script = {
  title: "The model says so, and what stays is too long as well",
  what: "The same with 36 messages to stay: they alone are too long.",
  figures,
  play: (contestant) => play(contestant, 36),
};
