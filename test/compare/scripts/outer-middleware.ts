import { createMiddleware } from "langchain";
import { serverError } from "../../support/model-server.ts";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { markersIn } from "../observe.ts";
import { inWorld, turn } from "../world.ts";

export const asksTwice: Script = {
  title: "An outer middleware that asks twice",
  what: "A middleware of the user's calls its handler twice and takes the second answer (a validator that asks again). 40 messages, the turn folds; then a second turn.",
  figures: [
    { name: "turn answered", better: "yes" },
    { name: "next turn answered", better: "yes" },
    { name: "summarising calls", better: "less" },
    { name: "messages the model knows of at the end (of 40)", better: "more" },
  ],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const twice = createMiddleware({
        name: "Twice",
        wrapModelCall: async (request, handler) => {
          await handler(request);
          return handler(request);
        },
      });
      const agent = world.agent({ middleware: [twice] });
      const first = await turn(agent.invoke({ messages: [...chat(40), human("And now?")] }, thread()));
      const second = await turn(agent.invoke({ messages: [human("And then?")] }, thread()));
      return {
        "turn answered": first.kind === "answered",
        "next turn answered": second.kind === "answered",
        "summarising calls": world.summary.length,
        "messages the model knows of at the end (of 40)": markersIn(world.main.at(-1)),
      };
    }),
};

export const mainCallFails: Script = {
  title: "The main call fails after the fold",
  what: "40 messages; the turn folds, and the agent's model answers 500 once. The user repeats the turn.",
  figures: [
    { name: "repeated turn answered", better: "yes" },
    { name: "summarising calls, both turns", better: "less" },
    { name: "messages the model knows of (of 40)", better: "more" },
  ],
  play: (contestant) => {
    const main = (_: unknown, call: number) => (call === 0 ? serverError() : "Understood.");
    return inWorld(contestant, { main }, async (world) => {
      const agent = world.agent();
      const first = await turn(agent.invoke({ messages: [...chat(40), human("And now?")] }, thread()));
      if (first.kind !== "threw") throw new Error(`Expected an error, the turn was ${first.kind}`);
      const second = await turn(agent.invoke({ messages: [human("Once more?")] }, thread()));
      return {
        "repeated turn answered": second.kind === "answered",
        "summarising calls, both turns": world.summary.length,
        "messages the model knows of (of 40)": markersIn(world.main.at(-1)),
      };
    });
  },
};
