import { setTimeout as wait } from "node:timers/promises";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { markersIn } from "../observe.ts";
import { copyingSummarizer } from "../summarizer-script.ts";
import { inWorld, turn } from "../world.ts";

const RUNS = 4;

export const runsAtOnce: Script = {
  title: "Four runs of one thread at once",
  what: "40 messages stand in the thread; four requests come at the same time (a user who sends again, two browser tabs), and each would fold. The summarizing model takes 0.1 s.",
  figures: [
    { name: "runs answered (of 4)", better: "more" },
    { name: "summarising calls", better: "less" },
    { name: "messages the models know of, fewest of a run (of 40)", better: "more" },
  ],
  play: (contestant) => {
    const sound = copyingSummarizer();
    return inWorld(
      contestant,
      {
        summary: async (request, call) => {
          await wait(100);
          return sound(request, call);
        },
      },
      async (world) => {
        const agent = world.agent();
        await agent.graph.updateState(thread(), { messages: chat(40) }, "model_request");
        const runs = Array.from({ length: RUNS }, (_, at) =>
          turn(agent.invoke({ messages: [human(`Question ${at}?`)] }, thread())),
        );
        const ended = await Promise.all(runs);
        return {
          "runs answered (of 4)": ended.filter(({ kind }) => kind === "answered").length,
          "summarising calls": world.summary.length,
          "messages the models know of, fewest of a run (of 40)": Math.min(
            ...world.main.map((request) => markersIn(request)),
          ),
        };
      },
    );
  },
};
