import { tiktokenCounter } from "@sessionfold/core";
import { CHINESE } from "../../support/dialogues.ts";
import { contextLengthExceeded } from "../../support/model-server.ts";
import { human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { inWorld, textOf, turn } from "../world.ts";

const WINDOW = 16_000;
const TURNS = 12;

export const chinese: Script = {
  title: "A chat in Chinese",
  what: "Trigger 10,000 tokens for a model that takes 16,000; 12 turns in Chinese of some 2,200 tokens each, where four characters are more than one token. A request that is longer than the model takes is refused as too long.",
  figures: [
    { name: "turns answered (of 12)", better: "more" },
    { name: "requests refused as too long", better: "less" },
    { name: "tokens of the largest request", better: "less", slack: 0.1 },
    { name: "summarising calls", better: "neither" },
  ],
  play: (contestant) => {
    const counter = tiktokenCounter();
    const sizes: number[] = [];
    let refused = 0;
    const main = (request: Parameters<typeof textOf>[0]) => {
      const tokens = counter.count(textOf(request));
      sizes.push(tokens);
      if (tokens <= WINDOW) return "好的。";
      refused++;
      return contextLengthExceeded({ limit: WINDOW, tokens });
    };
    return inWorld(contestant, { main }, async (world) => {
      const agent = world.agent({ trigger: { tokens: 10_000 }, keep: { messages: 4 } });
      const text = `${CHINESE.join("")}${CHINESE.join("")}`;
      let done = 0;
      for (let at = 0; at < TURNS; at++) {
        const ended = await turn(agent.invoke({ messages: [human(`第${at + 1}次。${text}`)] }, thread()));
        if (ended.kind === "answered") done++;
      }
      return {
        "turns answered (of 12)": done,
        "requests refused as too long": refused,
        "tokens of the largest request": Math.max(...sizes),
        "summarising calls": world.summary.length,
      };
    });
  },
};
