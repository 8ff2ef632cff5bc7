import type { Answer, CompletionRequest } from "../../support/model-server.ts";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { SUMMARY_WORD } from "../summarizer-script.ts";
import { answered, inWorld, textOf } from "../world.ts";

const DETAIL = "The code of the blue locker is 7731-K.";
const WORDS = "blue locker";

export const recall: Script = {
  title: "A detail that the summary lost",
  what: "An early message holds a code, the summary does not mention it, and the user asks for it two folds later. If the agent has a tool to look into what was folded, its model calls it with the words of the question.",
  figures: [
    { name: "the agent has a way to look it up", better: "yes" },
    { name: "the model gets the message as it was said", better: "yes" },
    { name: "characters of what was looked up", better: "neither" },
  ],
  play: (contestant) => {
    const main = (request: CompletionRequest): Answer => {
      const last = request.messages.at(-1);
      const isAsked = last?.role === "user" && last.content.includes(WORDS);
      const call = isAsked ? contestant.lookUp?.(WORDS) : undefined;
      return call === undefined ? "Understood." : { toolCalls: [call] };
    };
    return inWorld(contestant, { main, summary: () => `${SUMMARY_WORD}: small talk.` }, async (world) => {
      const agent = world.agent({ recall: true });
      const start = [...chat(4), human(DETAIL), ...chat(20, { from: 5 }), human("And now?")];
      await answered(agent.invoke({ messages: start }, thread()));
      await answered(agent.invoke({ messages: [...chat(20, { from: 30 }), human("So?")] }, thread()));
      await answered(agent.invoke({ messages: [human(`What is the code of the ${WORDS}?`)] }, thread()));
      const request = world.main.at(-1);
      const found = request?.messages.filter((message) => message.role === "tool").at(-1)?.content ?? "";
      return {
        "the agent has a way to look it up": contestant.lookUp !== undefined,
        "the model gets the message as it was said": textOf(request).includes(DETAIL),
        "characters of what was looked up": found.length,
      };
    });
  },
};
