import { InMemorySessionService } from "@sessionfold/core";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { processorTime } from "../model-time.ts";
import { messagesInState } from "../observe.ts";
import { answered, inWorld } from "../world.ts";

const MESSAGES = 4_000;
const TURNS = 40;
const KEY = { appName: "compare", userId: "user", sessionId: "thread" };

export const foldedThread: Script = {
  title: "Time of a turn in a thread whose 4,000 messages are folded",
  what: "A real agent with a MemorySaver; 4,000 messages are folded in the first turn, then 40 short turns are measured. A state that keeps every message is written at each step. Ours is told to `archive`: what is folded moves from the state to a session service. deepagents is left out of the time, as its agents do more than this.",
  isSlow: true,
  rounds: 3,
  figures: [
    { name: "ms a turn", better: "less", slack: 0.2 },
    { name: "messages that are still somewhere, in the state or archived (of 4,000)", better: "more" },
  ],
  play: (contestant) =>
    inWorld(contestant, { summary: () => "Précis: all." }, async (world) => {
      const archive = new InMemorySessionService();
      const agent = world.agent({ archive, summarizerWindow: 1_000_000, trigger: { messages: 200 } });
      await answered(agent.invoke({ messages: [...chat(MESSAGES), human("And now?")] }, thread()));
      await answered(agent.invoke({ messages: [human("And then?")] }, thread()));
      const start = processorTime();
      for (let at = 0; at < TURNS; at++)
        await answered(agent.invoke({ messages: [human("And then?")] }, thread()));
      const time = (processorTime() - start) / TURNS;
      const session = await archive.getSession({ ...KEY, view: "full" });
      const all = (await messagesInState(agent)) + (session?.events.length ?? 0);
      return {
        "ms a turn": contestant.name === "deepagents" ? undefined : time,
        "messages that are still somewhere, in the state or archived (of 4,000)": Math.min(MESSAGES, all),
      };
    }),
};
