import { overloaded } from "../../support/model-server.ts";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { markersIn } from "../observe.ts";
import { copyingSummarizer } from "../summarizer-script.ts";
import { inWorld, type Models, turn } from "../world.ts";

export const summarizerFailsOnce: Script = {
  title: "The summarizer is overloaded for a moment",
  what: "40 messages, the turn that should fold: the summarizing model answers 503 once, then well. All clients retry twice, as OpenAI's own does.",
  isSlow: true,
  figures: [
    { name: "turn answered", better: "yes" },
    { name: "the turn folds", better: "yes" },
    { name: "messages the model knows of (of 40)", better: "more" },
    { name: "seconds", better: "neither", digits: 1 },
  ],
  play: (contestant) => {
    const sound = copyingSummarizer();
    const summary: Models["summary"] = (request, call) => (call === 0 ? overloaded() : sound(request, call));
    return inWorld(contestant, { summary }, async (world) => {
      const agent = world.agent({ retries: 2 });
      const ended = await turn(agent.invoke({ messages: [...chat(40), human("And now?")] }, thread()));
      const request = world.main.at(-1);
      return {
        "turn answered": ended.kind === "answered",
        "the turn folds": (request?.messages.length ?? 99) < 20,
        "messages the model knows of (of 40)": markersIn(request),
        seconds: ended.ms / 1000,
      };
    });
  },
};
