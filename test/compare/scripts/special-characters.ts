import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { occurrences } from "../observe.ts";
import { marker } from "../summarizer-script.ts";
import { answered, inWorld, textOf } from "../world.ts";

/** Texts with a meaning to those who fill templates, none to the people who wrote them. */
const TEXTS = [
  "the pattern is $& and it costs 5",
  "use $` before and it costs 6",
  "use $' after and it costs 7",
  "the price is $$1 and $1",
  "fill in {messages} here",
  "fill in {conversation} here",
  "fill in {conversation_text} and {0} and {} here",
  'const a = { b: "{x}" };',
];

export const specialCharacters: Script = {
  title: "`$&` and `{...}` in the chat",
  what: "Eight messages with what template engines take for their own ($&, $`, {messages}, ...) are folded. What the summarizer is shown is looked at.",
  figures: [
    { name: "texts that reach the summarizer as written (of 8)", better: "more" },
    { name: "copies of the first message in its prompt (1 is right)", better: "less" },
    { name: "characters of its prompt", better: "neither" },
  ],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const said = TEXTS.flatMap((text) => [new HumanMessage(text), new AIMessage("All right.")]);
      const before = [...chat(2, { name: "first" }), ...said, ...chat(10)];
      await answered(world.agent().invoke({ messages: [...before, human("And now?")] }, thread()));
      const prompt = world.summary.map(textOf).join("\n");
      return {
        "texts that reach the summarizer as written (of 8)": TEXTS.filter((text) => prompt.includes(text))
          .length,
        "copies of the first message in its prompt (1 is right)": occurrences(prompt, marker("first", 0)),
        "characters of its prompt": prompt.length,
      };
    }),
};
