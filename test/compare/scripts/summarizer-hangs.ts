import { hang, late } from "../../support/model-server.ts";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { markersIn, messagesInState } from "../observe.ts";
import { copyingSummarizer } from "../summarizer-script.ts";
import { inWorld, type Models, turn } from "../world.ts";

const LIMIT_MS = 1000;
const PATIENCE_MS = 8000;

export const summarizerHangs: Script = {
  title: "The summarizer hangs",
  what: "40 messages, the turn that should fold: the summarizing model never answers. Its time limit is 1 s, where the user can set one (at the client it asks with, or by an option). We wait 8 s.",
  isSlow: true,
  figures: [
    { name: "turn answered", better: "yes" },
    { name: "messages the model knows of (of 40)", better: "more" },
    { name: "messages left in the state (41 or 42 were said)", better: "more" },
  ],
  play: (contestant) =>
    inWorld(contestant, { summary: hang }, async (world) => {
      const agent = world.agent({ timeLimitMs: LIMIT_MS });
      const asked = agent.invoke({ messages: [...chat(40), human("And now?")] }, thread());
      const ended = await turn(asked, PATIENCE_MS);
      return {
        "turn answered": ended.kind === "answered",
        "messages the model knows of (of 40)": ended.kind === "answered" ? markersIn(world.main.at(-1)) : 0,
        "messages left in the state (41 or 42 were said)": await messagesInState(agent),
      };
    }),
};

export const abortedWhileSummarizing: Script = {
  title: "The user aborts while the summarizer hangs",
  what: "40 messages; the summarizing model never answers and the caller aborts the run after 0.5 s. Then a turn with a sound summarizer.",
  isSlow: true,
  figures: [
    { name: "run ends within 3 s", better: "yes" },
    { name: "calls of the summarizer left open", better: "less" },
    { name: "messages left in the state", better: "more" },
    { name: "next turn: messages the model knows of (of 40)", better: "more" },
  ],
  play: (contestant) => {
    let isFirst = true;
    const sound = copyingSummarizer();
    const summary: Models["summary"] = (request, call) => (isFirst ? hang() : sound(request, call));
    return inWorld(contestant, { summary }, async (world) => {
      const agent = world.agent();
      // What was said before is in the state already, so that an abort cannot undo it.
      await agent.graph.updateState(thread(), { messages: chat(40) }, "model_request");
      const asked = agent.invoke(
        { messages: [human("And now?")] },
        { ...thread(), signal: AbortSignal.timeout(500) },
      );
      const ended = await turn(asked, 3000);
      await new Promise((resolve) => setTimeout(resolve, 200));
      const open = world.server.inProgress();
      const kept = await messagesInState(agent);
      isFirst = false;
      const next = await turn(agent.invoke({ messages: [human("And then?")] }, thread()), 5000);
      return {
        "run ends within 3 s": ended.kind === "threw",
        "calls of the summarizer left open": open,
        "messages left in the state": kept,
        "next turn: messages the model knows of (of 40)":
          next.kind === "answered" ? markersIn(world.main.at(-1)) : 0,
      };
    });
  },
};

export const summarizerIsSlow: Script = {
  title: "The summarizer is slow",
  what: "40 messages, the turn that should fold: the summarizing model takes 1 s.",
  isSlow: true,
  figures: [
    { name: "turn answered", better: "yes" },
    { name: "messages the model knows of (of 40)", better: "more" },
    { name: "seconds that the user waits", better: "less", slack: 0.25, digits: 1 },
  ],
  play: (contestant) => {
    const sound = copyingSummarizer();
    const summary: Models["summary"] = (request, call) => late(1000, sound(request, call));
    return inWorld(contestant, { summary }, async (world) => {
      const agent = world.agent();
      // What is done once in a process has a script of its own.
      await turn(
        agent.invoke({ messages: [...chat(40, { name: "other" }), human("Hello")] }, thread("first")),
      );
      const ended = await turn(agent.invoke({ messages: [...chat(40), human("And now?")] }, thread()));
      return {
        "turn answered": ended.kind === "answered",
        "messages the model knows of (of 40)": ended.kind === "answered" ? markersIn(world.main.at(-1)) : 0,
        "seconds that the user waits": ended.ms / 1000,
      };
    });
  },
};
