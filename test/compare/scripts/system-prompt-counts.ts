import { chat, filler, human, thread } from "../chats.ts";
import type { Size } from "../contestants/contestant.ts";
import type { Script } from "../figure.ts";
import { answered, charactersOf, inWorld } from "../world.ts";

function longPrompt(title: string, what: string, trigger: Size): Script {
  return {
    title,
    what: `A system prompt of 80,000 characters (some 16,000 tokens), 20 messages of 2,000 characters (some 8,000), and a trigger at ${what}: what is sent is over it, the messages alone are not.`,
    figures: [
      { name: "the turn folds", better: "yes" },
      { name: "characters of the request", better: "less", slack: 0.05 },
    ],
    play: (contestant) =>
      inWorld(contestant, {}, async (world) => {
        const agent = world.agent({ trigger, keep: { messages: 6 }, systemPrompt: filler(80_000) });
        const messages = [...chat(20, { characters: 2_000 }), human("And now?")];
        await answered(agent.invoke({ messages }, thread()));
        const request = world.main.at(-1);
        return {
          "the turn folds": world.summary.length > 0,
          "characters of the request": request === undefined ? 0 : charactersOf(request),
        };
      }),
  };
}

export const longPromptByFraction: Script = longPrompt(
  "A long system prompt, trigger as a share of the context window",
  "16 % of the model's 128,000 tokens",
  { fraction: 0.16 },
);

export const longPromptByTokens: Script = longPrompt(
  "A long system prompt, trigger in tokens",
  "20,000 tokens",
  { tokens: 20_000 },
);
